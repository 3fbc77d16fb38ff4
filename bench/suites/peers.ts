// What others ask for one governed call that succeeds at once.
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

export const peers: Suite = {
  name: 'peers',
  run: (rounds) => compare('peers', [{ name: 'bare await', call: work }, cockatielStack(), opossumBreaker()], rounds),
}
