// What everything is measured against, and the policy with everything in it.
import type { PolicyLayers } from '@seakeep/core'
import type { Contender } from './harness.ts'

/** A function that succeeds at once, as a guarded one does at best. */
export async function work(): Promise<number> {
  return 42
}

export const BARE: Contender = { name: 'bare await', call: work }

/**
 * All stacked: total and attempt timeout, both pre-emptive, retries with their budget, breaker, concurrency and rate
 * limit. The rate is the highest there is: whoever is faster is refused, and shows as a bench that fails.
 */
export const ALL_LAYERS = {
  timeout: '2s',
  retry: { attemptTimeout: '1s' },
  circuitBreaker: true,
  concurrency: { limit: 64, queue: 16 },
  rateLimit: { rate: 1e6, burst: 1e6 },
} satisfies PolicyLayers
