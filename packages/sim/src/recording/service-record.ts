import type { CallListener } from './call-listener.ts'
import type { ServerStats } from './server-stats.ts'
import type { Timeline } from './timeline.ts'

/** All that is kept of one service of the topology. */
export interface ServiceRecord {
  readonly name: string
  readonly entity: number
  /** Its number in the log of facts. */
  readonly facts: number
  readonly timeline: Timeline
  /** By instance name, in order of number. */
  readonly instances: Map<string, ServerStats>
  /** Who follows its calls. */
  readonly listeners: readonly CallListener[]
}
