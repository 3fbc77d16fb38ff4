import { Gcra } from './gcra.ts'
import { KeyedRateLimiter } from './keyed-rate-limiter.ts'
import type { ResolvedRateLimitOptions } from './limiter-options.ts'
import type { Allowance, RateLimiter, RateNumbers } from './rate-limiter.ts'
import { SharedRateLimiter, type SharedRateParts } from './shared-rate-limiter.ts'
import { SlidingWindowLimit } from './sliding-window.ts'
import { TokenBucket } from './token-bucket.ts'

/**
 * The rate limiter that the options describe: the one place that knows which class an algorithm's name stands for. Without
 * `sharing` a rate that is to be shared is this limiter's own.
 */
export function createRateLimiter(options: ResolvedRateLimitOptions, sharing?: SharedRateParts): RateLimiter {
  const create = (numbers: RateNumbers): Allowance => {
    switch (options.algorithm) {
      case 'gcra':
        return new Gcra(numbers)
      case 'sliding-window':
        return new SlidingWindowLimit(numbers)
      default:
        return new TokenBucket(numbers)
    }
  }
  if (options.maxKeys !== undefined) return new KeyedRateLimiter(options, options.maxKeys, create)
  if (options.shared === undefined || sharing === undefined) return create(options)
  return new SharedRateLimiter(create(options), options, sharing)
}
