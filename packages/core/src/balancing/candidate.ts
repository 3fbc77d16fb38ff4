import type { Pickable } from './balancer.ts'

/**
 * A row as the selection sees it: what others judge of the endpoint, and the fields in which the selection tells pickers
 * what follows from it. So an algorithm knows nothing of health, priorities, zones or ramps.
 */
export interface Candidate extends Pickable {
  /** 0 is asked first. */
  readonly priority: number
  readonly zone: string | undefined
  /** Relative share as the registry has it; `weight` is this or, while the endpoint is new, a part of it. */
  readonly fullWeight: number
  /** False while somebody thinks ill of it: ejected, failing its checks, behind an open circuit. */
  readonly isHealthy: boolean
  /** True while an attempt would be refused on this side (an open circuit): panic does not bring it back either. */
  readonly isBarred: boolean
  /** Since when it has been ready, as the selection first saw it; negative while it is not. */
  readySinceMs: number
}
