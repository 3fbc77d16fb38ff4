import { describe, expect, it } from 'vitest'
import {
  type CircuitBreakerOptions,
  DEFAULT_CIRCUIT_BREAKER_OPTIONS,
  resolveCircuitBreakerOptions,
} from './breaker-options.ts'

describe('resolveCircuitBreakerOptions', () => {
  it('has the defaults of the design, frozen', () => {
    expect(DEFAULT_CIRCUIT_BREAKER_OPTIONS).toEqual({
      failureRatio: 0.5,
      consecutiveFailures: undefined,
      windowMs: 10_000,
      windowCalls: undefined,
      minimumCalls: 20,
      openForMs: 5000,
      maxOpenForMs: 60_000,
      jitter: 0.2,
      halfOpenProbes: 3,
      probeTimeoutMs: 30_000,
      rampForMs: 5_000,
      per: 'both',
      slowCall: undefined,
    })
    expect(Object.isFrozen(DEFAULT_CIRCUIT_BREAKER_OPTIONS)).toBe(true)
    expect(resolveCircuitBreakerOptions({})).toEqual(DEFAULT_CIRCUIT_BREAKER_OPTIONS)
  })

  it.each<[CircuitBreakerOptions, object]>([
    [
      { failureRatio: '25%', jitter: 0 },
      { failureRatio: 0.25, jitter: 0 },
    ],
    [
      { window: '10ms', minimumCalls: 1 },
      { windowMs: 10, minimumCalls: 1 },
    ],
    [{ openFor: '2m' }, { openForMs: 120_000, maxOpenForMs: 120_000 }],
    [
      { openFor: '1ms', maxOpenFor: '1ms' },
      { openForMs: 1, maxOpenForMs: 1 },
    ],
    [
      { per: 'endpoint', slowCall: { over: '800ms' } },
      { per: 'endpoint', slowCall: { overMs: 800, ratio: 1 } },
    ],
    [{ slowCall: { over: 800, ratio: '50%' } }, { slowCall: { overMs: 800, ratio: 0.5 } }],
    [{ slowCall: false }, { slowCall: undefined }],
    [{ windowCalls: 100 }, { windowCalls: 100, windowMs: 600_000 }],
    [
      { windowCalls: 20, window: '1m' },
      { windowCalls: 20, windowMs: 60_000 },
    ],
    [{ consecutiveFailures: 5 }, { consecutiveFailures: 5 }],
    [
      { failureRatio: false, consecutiveFailures: 1, windowCalls: false },
      { failureRatio: undefined, consecutiveFailures: 1 },
    ],
    [{ rampFor: false }, { rampForMs: 0 }],
    [{ rampFor: 0 }, { rampForMs: 0 }],
    [{ rampFor: '1m' }, { rampForMs: 60_000 }],
  ])('reads %j', (input, expected) => {
    expect(resolveCircuitBreakerOptions(input)).toEqual({ ...DEFAULT_CIRCUIT_BREAKER_OPTIONS, ...expected })
  })

  it.each<[unknown, string]>([
    [{ failureRatio: 0 }, 'failureRatio: 0 is not allowed; a ratio above 0, at most 1'],
    [
      { failureRatio: 50 },
      'failureRatio: 50 is not allowed; a ratio above 0, at most 1 (0.5 or 50%), or false; did you mean 0.5 or 50%?',
    ],
    [{ window: '5ms' }, 'window: "5ms" is not allowed; a duration of at least 10ms'],
    [{ minimumCalls: 0 }, 'minimumCalls: 0 is not allowed; an integer of at least 1'],
    [{ openFor: 0 }, 'openFor: 0 is not allowed; a duration of at least 1ms'],
    [{ openFor: '5s', maxOpenFor: '1s' }, 'maxOpenFor: 1s is not allowed; at least openFor, which is 5s'],
    [{ maxOpenFor: '1s' }, 'maxOpenFor: 1s is not allowed; at least openFor, which is 5s'],
    [{ halfOpenProbes: 0 }, 'halfOpenProbes: 0 is not allowed; an integer of at least 1'],
    [{ per: 'host' }, 'per: "host" is not allowed; one of both, endpoint, service'],
    [{ slowCall: true }, 'slowCall: true is not allowed; an object with over, or false'],
    [{ slowCall: {} }, 'slowCall.over: missing; a duration above 0'],
    [{ windowCalls: 10 }, 'windowCalls: 10 is not allowed; at least minimumCalls, which is 20'],
    [{ windowCalls: 20_000 }, 'windowCalls: 20000 is not allowed; an integer from 1 to 10000, or false'],
    [{ consecutiveFailures: 0 }, 'consecutiveFailures: 0 is not allowed; an integer of at least 1, or false'],
    [{ failureRatio: false }, 'nothing is left that could open it; give failureRatio, consecutiveFailures or slowCall'],
    [
      { resetTimeout: 1 },
      'resetTimeout: unknown key; allowed: failureRatio, consecutiveFailures, window, windowCalls, minimumCalls',
    ],
    [{ failureratio: 1 }, 'did you mean failureRatio?'],
  ])('refuses %j', (input, message) => {
    expect(() => resolveCircuitBreakerOptions(input as CircuitBreakerOptions, 'payments.circuitBreaker')).toThrow(
      message,
    )
    expect(() => resolveCircuitBreakerOptions(input as CircuitBreakerOptions, 'payments.circuitBreaker')).toThrow(
      'payments.circuitBreaker',
    )
  })
})
