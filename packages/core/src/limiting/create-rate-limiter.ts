import { Gcra } from './gcra.ts'
import { KeyedRateLimiter } from './keyed-rate-limiter.ts'
import type { ResolvedRateLimitOptions } from './limiter-options.ts'
import type { Allowance, RateLimiter, RateNumbers } from './rate-limiter.ts'
import { SlidingWindowLimit } from './sliding-window.ts'
import { TokenBucket } from './token-bucket.ts'

/** The rate limiter that the options describe: the one place that knows which class an algorithm's name stands for. */
export function createRateLimiter(options: ResolvedRateLimitOptions): RateLimiter {
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
  return options.maxKeys === undefined ? create(options) : new KeyedRateLimiter(options, options.maxKeys, create)
}
