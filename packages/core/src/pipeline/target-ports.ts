import type { BalancerFactory } from '../balancing/balancer.ts'
import type { Classifier } from '../call/classification.ts'
import type { LimitAlgorithmFactory } from '../limiting/limit-algorithm.ts'
import type { Random } from '../random/random.ts'
import type { SharedBoard } from '../sharing/shared-board.ts'
import type { EventSink } from '../telemetry/events.ts'
import type { Clock } from '../time/clock.ts'
import type { Transport } from '../transport/transport.ts'

/** What every target of one runtime is built on. */
export interface TargetPorts {
  readonly clock: Clock
  readonly random: Random
  readonly events: EventSink
  readonly classifier: Classifier
  readonly createBalancer: BalancerFactory
  /** Absent: the built-in algorithms. */
  readonly createLimit?: LimitAlgorithmFactory | undefined
  /** The service this runtime speaks for. */
  readonly caller?: string | undefined
  /** Where this runtime runs, for zone-aware balancing. */
  readonly zone?: string | undefined
  /** Where the instances of the caller leave notes for each other. Absent: each decides alone. */
  readonly board?: SharedBoard | undefined
  transportFor(protocol: string): Transport | undefined
}
