// What others ask for one governed call that succeeds at once, and what the same policies cost here.
import { policy } from '@seakeep/core'
import {
  bulkhead,
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  handleAll,
  type IPolicy,
  retry,
  SamplingBreaker,
  TimeoutStrategy,
  timeout,
  wrap,
} from 'cockatiel'
import { ServiceBroker } from 'moleculer'
import CircuitBreaker from 'opossum'
import { ALL_LAYERS, BARE, work } from '../bare.ts'
import { type Contender, compare } from '../harness.ts'
import type { Suite } from '../row.ts'

function seakeep(): Contender[] {
  const { timeout: _total, rateLimit: _rate, ...four } = ALL_LAYERS
  const some = policy({ name: 'bench four', ...four })
  const all = policy({ name: 'bench all', ...ALL_LAYERS })
  return [
    { name: 'seakeep: retry, breaker, attempt timeout, concurrency', call: () => some.execute(work) },
    { name: 'seakeep: the same, total timeout, rate limit', call: () => all.execute(work) },
  ]
}

function cockatiel(): Contender[] {
  const retrying = retry(handleAll, { maxAttempts: 2, backoff: new ExponentialBackoff() })
  const breaking = (breaker: ConsecutiveBreaker | SamplingBreaker) =>
    circuitBreaker(handleAll, { halfOpenAfter: 5_000, breaker })
  const sampling = breaking(new SamplingBreaker({ threshold: 0.5, duration: 10_000, minimumRps: 2 }))
  const timing = timeout(1_000, TimeoutStrategy.Aggressive)
  const limiting = bulkhead(64, 16)
  const alone: Readonly<Record<string, IPolicy>> = {
    retry: retrying,
    'consecutive breaker': breaking(new ConsecutiveBreaker(5)),
    'sampling breaker': sampling,
    bulkhead: limiting,
    'timeout, aggressive': timing,
    'wrap(retry, breaker, timeout, bulkhead)': wrap(retrying, sampling, timing, limiting),
  }
  return Object.entries(alone).map(([name, one]) => ({ name: `cockatiel ${name}`, call: () => one.execute(work) }))
}

function opossum(): Contender {
  const breaker = new CircuitBreaker(work, { timeout: 1_000 })
  return { name: 'opossum fire, 1 s timeout', call: () => breaker.fire(), close: () => breaker.shutdown() }
}

/** A local call: no transporter, no logger. */
async function moleculer(): Promise<Contender> {
  const broker = new ServiceBroker({
    logger: false,
    skipProcessEventRegistration: true,
    requestTimeout: 1_000,
    retryPolicy: { enabled: true, retries: 2 },
    circuitBreaker: { enabled: true, threshold: 0.5, windowTime: 10, minRequestCount: 20, halfOpenTime: 5_000 },
    bulkhead: { enabled: true, concurrency: 64, maxQueueSize: 16 },
  })
  broker.createService({ name: 'bench', actions: { work } })
  await broker.start()
  return {
    name: 'moleculer local call: retry, timeout, breaker, bulkhead',
    call: () => broker.call('bench.work'),
    close: () => void broker.stop(),
  }
}

export const peers: Suite = {
  name: 'peers',
  run: async (rounds) => compare('peers', [BARE, ...seakeep(), ...cockatiel(), opossum(), await moleculer()], rounds),
}
