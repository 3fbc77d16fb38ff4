import type { Place } from '@seakeep/core/spi'
import type { FaultTarget, ResolvedService } from '../resolved-scenario.ts'

/** What the kinds of fault that have a file of their own are read with. */
export interface FaultReading {
  /** Where the fault's options stand. */
  readonly at: Place
  readonly atMs: number
  readonly services: readonly ResolvedService[]
  /** A service, an instance or a zone: what happens to processes happens to no edge. */
  instances(target: string): FaultTarget
  /** The instant at which what lasts so long is over. */
  until(lengthMs: number | undefined): number
}
