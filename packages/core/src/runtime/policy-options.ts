import type { Classifier } from '../call/classification.ts'
import type { PolicyLayers } from '../config/policy-options.ts'
import type { Duration } from '../options/duration.ts'

/** A policy that stands alone. Its layers apply in one fixed order, which {@link Policy.describe} prints. */
export interface PolicyOptions extends PolicyLayers {
  /** The same name again is the same policy and the same state. */
  readonly name: string
  /** What an ended attempt says about its target. Default: see `classify`. */
  readonly classify?: Classifier
  /**
   * Answers instead of an error: outermost, so timeouts and refusals too; not where the caller aborted. Of several each is
   * asked where the one before it fails, and is given that failure.
   */
  readonly fallback?: FallbackOption | readonly FallbackOption[]
  /** Most keys whose state is kept apart; the least recently used is forgotten. Default 10,000, at least 1. */
  readonly maxKeys?: number
}

/** `timeout`: how long it may take. None by default. */
export type FallbackOption = Fallback | { readonly run: Fallback; readonly timeout?: Duration }

export type Fallback = (context: { readonly error: unknown }) => unknown

export interface ExecuteOptions {
  /** Chooses a separate state: its own breaker, limits and budget. */
  readonly key?: string
  /** Under which the answer is kept, where the policy has a `cache`. Without it the cache is not asked. */
  readonly cacheKey?: string
  /** Calls of the same key that are under way share one answer, where the policy has `coalesce`. */
  readonly coalesceKey?: string
  /** False: only what surely was not sent is tried again. Default true. */
  readonly idempotent?: boolean
  readonly signal?: AbortSignal | undefined
  /** Of this and the policy's own the earlier counts. */
  readonly timeout?: Duration
}
