/**
 * The port of what finds a limit: told at the end of each window what the attempts of that window were like, it answers
 * with the number for the next. It sees no clock, no timer and no single attempt; windows and probes are
 * {@link AdaptiveLimit}'s, for every algorithm alike, a user's own too.
 */
import type { Random } from '../random/random.ts'
import type { ResolvedAdaptiveOptions } from './limit-options.ts'

/** What was seen since the window before. */
export interface LimitWindow {
  /** Attempts that ended well. */
  readonly samples: number
  /** Their mean latency in milliseconds; 0 where there were none. */
  readonly meanMs: number
  /** Latency of the same attempts when none of them waits, from the latest probe; equal to `meanMs` before the first. */
  readonly baselineMs: number
  /** Most that were under way at once. */
  readonly maxInFlight: number
  /** Attempts that overload broke off. */
  readonly drops: number
}

export interface LimitAlgorithm {
  /** The present limit, before rounding down. */
  readonly limit: number
  /** Whether it reads `baselineMs`: only then is latency probed. */
  readonly needsBaseline: boolean
  decide(window: LimitWindow): number
  /** Other bounds; the limit moves into them. */
  setBounds(min: number, max: number): void
}

/**
 * How a runtime is given an algorithm of one's own: asked once for each limit that moves, with the policy's numbers and
 * whose limit it is (the service's name, or `inbound`). Undefined leaves it to the one that `options.algorithm` names.
 */
export type LimitAlgorithmFactory = (
  options: ResolvedAdaptiveOptions,
  random: Random,
  service: string,
) => LimitAlgorithm | undefined
