import type { Kernel } from '../kernel/kernel.ts'
import type { Recorder } from '../recording/recorder.ts'
import type { Ambience } from './ambience.ts'
import type { Network } from './network.ts'

/** The part of the world that calls and requests see. */
export interface Surroundings {
  readonly kernel: Kernel
  readonly recorder: Recorder
  readonly network: Network
  readonly ambience: Ambience
  /** Clocks may come to differ: what travels between hosts is then read by each by its own. */
  readonly canDrift: boolean
  /** @throws ConfigError with a "did you mean" where the topology has no such service. */
  requireService(name: string): void
}
