import { balancing } from './balancing.ts'
import type { Oracle } from './oracle.ts'
import { queues } from './queues.ts'

export const oracles: readonly Oracle[] = [...queues, ...balancing]
