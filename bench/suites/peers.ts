// What others ask for one governed call that succeeds at once.

import { policy } from '@seakeep/core'
import {
  bulkhead,
  circuitBreaker,
  ExponentialBackoff,
  handleAll,
  retry,
  SamplingBreaker,
  TimeoutStrategy,
  timeout,
  wrap,
} from 'cockatiel'
import CircuitBreaker from 'opossum'
import { type Contender, compare, type Suite } from '../harness.ts'

export async function work(): Promise<number> {
  return 42
}

function cockatielStack(): Contender {
  const stack = wrap(
    retry(handleAll, { maxAttempts: 2, backoff: new ExponentialBackoff() }),
    circuitBreaker(handleAll, {
      halfOpenAfter: 5_000,
      breaker: new SamplingBreaker({ threshold: 0.5, duration: 10_000, minimumRps: 2 }),
    }),
    timeout(1_000, TimeoutStrategy.Aggressive),
    bulkhead(64, 16),
  )
  return { name: 'cockatiel wrap(retry, breaker, timeout, bulkhead)', call: () => stack.execute(work) }
}

function opossumBreaker(): Contender {
  const breaker = new CircuitBreaker(work, { timeout: 1_000 })
  return { name: 'opossum fire, 1 s timeout', call: () => breaker.fire(), close: () => breaker.shutdown() }
}

/** The same four policies and more: total and attempt timeout, retries with a budget, breaker, concurrency limit. */
function seakeepFour(): Contender {
  const four = policy({
    name: 'bench four',
    retry: { attemptTimeout: '1s' },
    circuitBreaker: true,
    concurrency: { limit: 64, queue: 16 },
  })
  return {
    name: 'seakeep: retry, breaker, attempt timeout, concurrency',
    call: () => four.execute(work),
    atMost: { ratio: 12 },
  }
}

function seakeepAll(): Contender {
  const all = policy({
    name: 'bench all',
    timeout: '2s',
    retry: { attemptTimeout: '1s' },
    circuitBreaker: true,
    concurrency: { limit: 64, queue: 16 },
    rateLimit: { rate: 1e6, burst: 1e6 },
  })
  return {
    name: 'seakeep: the same, total timeout, rate limit',
    call: () => all.execute(work),
    atMost: { ratio: 12 },
  }
}

export const peers: Suite = {
  name: 'peers',
  run: (rounds) =>
    compare(
      'peers',
      [{ name: 'bare await', call: work }, seakeepFour(), seakeepAll(), cockatielStack(), opossumBreaker()],
      rounds,
    ),
}
