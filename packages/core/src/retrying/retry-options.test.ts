import { describe, expect, it } from 'vitest'
import { DEFAULT_RETRY_OPTIONS, type RetryOptions, resolveRetryOptions } from './retry-options.ts'

describe('resolveRetryOptions', () => {
  it('has the defaults of the design, frozen', () => {
    expect(DEFAULT_RETRY_OPTIONS).toEqual({
      maxAttempts: 3,
      attemptTimeoutMs: undefined,
      backoff: { initialMs: 50, maxMs: 2000, jitter: 'decorrelated' },
      budget: { ratio: 0.2, minPerSecond: 10 },
      requireIdempotencyKey: false,
    })
    expect(Object.isFrozen(DEFAULT_RETRY_OPTIONS) && Object.isFrozen(DEFAULT_RETRY_OPTIONS.backoff)).toBe(true)
  })

  it.each<[RetryOptions, object]>([
    [
      { maxAttempts: 1, attemptTimeout: '600ms' },
      { maxAttempts: 1, attemptTimeoutMs: 600 },
    ],
    [{ backoff: { initial: 0, max: 0 } }, { backoff: { initialMs: 0, maxMs: 0, jitter: 'decorrelated' } }],
    [{ backoff: { initial: '5s', jitter: 'none' } }, { backoff: { initialMs: 5000, maxMs: 5000, jitter: 'none' } }],
    [{ budget: false }, { budget: undefined }],
    [{ budget: { ratio: 0, minPerSecond: 0 } }, { budget: { ratio: 0, minPerSecond: 0 } }],
    [{ budget: { ratio: '20%' } }, { budget: { ratio: 0.2, minPerSecond: 10 } }],
    [{ budget: { algorithm: 'window', ratio: 0.3 } }, { budget: { ratio: 0.3, minPerSecond: 10 } }],
    [{ budget: { algorithm: 'tokens' } }, { budget: { algorithm: 'tokens', ratio: 0.1, maxTokens: 5 } }],
    [{ budget: { algorithm: 'tokens', ratio: 0 } }, { budget: { algorithm: 'tokens', ratio: 0, maxTokens: 5 } }],
    [{ budget: { algorithm: 'throttle' } }, { budget: { algorithm: 'throttle', ratio: 0.1, maxTokens: 10 } }],
    [
      { budget: { algorithm: 'throttle', ratio: '5%', maxTokens: 1000 } },
      { budget: { algorithm: 'throttle', ratio: 0.05, maxTokens: 1000 } },
    ],
  ])('reads %j', (input, expected) => {
    expect(resolveRetryOptions(input)).toEqual({ ...DEFAULT_RETRY_OPTIONS, ...expected })
  })

  it.each<[unknown, string]>([
    [{ maxAttempts: 0 }, 'retry.maxAttempts: 0 is not allowed; an integer from 1 to 20'],
    [{ maxAttempts: 21 }, 'retry.maxAttempts: 21 is not allowed; an integer from 1 to 20'],
    [{ attemptTimeout: 0 }, 'retry.attemptTimeout: 0 is not allowed; a duration above 0'],
    [{ backoff: { max: '10ms' } }, 'retry.backoff.max: 10ms is not allowed; at least initial, which is 50ms'],
    [
      { backoff: { jitter: 'ful' } },
      'retry.backoff.jitter: "ful" is not allowed; one of none, full, equal, decorrelated; did you mean full?',
    ],
    [
      { budget: null },
      'retry.budget: null (nothing is written here) is not allowed; an object, true (all defaults) or false',
    ],
    [
      { budget: { ratio: 20 } },
      'retry.budget.ratio: 20 is not allowed; a ratio from 0 to 1 (0.5 or 50%); did you mean 0.2 or 20%?',
    ],
    [
      { budget: { algorithm: 'token' } },
      'retry.budget.algorithm: "token" is not allowed; one of window, tokens, throttle; did you mean tokens?',
    ],
    [{ budget: { maxTokens: 10 } }, 'retry.budget.maxTokens: only with algorithm tokens or throttle'],
    [
      { budget: { algorithm: 'tokens', minPerSecond: 3 } },
      'retry.budget.minPerSecond: not with algorithm tokens; use ratio and maxTokens',
    ],
    [
      { budget: { algorithm: 'throttle', maxTokens: 1001 } },
      'retry.budget.maxTokens: 1001 is not allowed; an integer from 1 to 1000',
    ],
    [
      { budget: { algorithm: 'throttle', ratio: 0 } },
      'retry.budget.ratio: 0 is not allowed with algorithm throttle; a ratio above 0, at most 1',
    ],
    [
      { attempts: 3 },
      'retry.attempts: unknown key; allowed: maxAttempts, attemptTimeout, backoff, budget, requireIdempotencyKey; did you mean maxAttempts?',
    ],
  ])('refuses %j', (input, message) => {
    expect(() => resolveRetryOptions(input as RetryOptions)).toThrow(message)
  })
})
