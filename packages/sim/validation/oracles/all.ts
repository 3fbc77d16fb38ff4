import { balancing } from './balancing.ts'
import { breaking } from './breaking.ts'
import { closedLoops } from './closed-loops.ts'
import { hedging } from './hedging.ts'
import { metastability } from './metastability.ts'
import { openAndClosed } from './open-and-closed.ts'
import type { Oracle } from './oracle.ts'
import { overload } from './overload.ts'
import { placement } from './placement.ts'
import { queues } from './queues.ts'
import { rateLimits } from './rate-limits.ts'
import { registry } from './registry.ts'
import { retries } from './retries.ts'
import { serviceTimes } from './service-times.ts'
import { sharing } from './sharing.ts'
import { tails } from './tails.ts'
import { unequalHosts } from './unequal-hosts.ts'

export const oracles: readonly Oracle[] = [
  ...queues,
  ...serviceTimes,
  ...closedLoops,
  ...openAndClosed,
  ...rateLimits,
  ...balancing,
  ...placement,
  ...unequalHosts,
  ...tails,
  ...hedging,
  ...retries,
  ...breaking,
  ...metastability,
  ...overload,
  ...sharing,
  ...registry,
]
