import { at, closedLoop, defineScenario, exponential, lognormal, poisson, service } from '../src/index.ts'

const GOVERNED = {
  version: 1,
  targets: {
    '*': {
      timeout: '1s',
      retry: { attemptTimeout: '200ms' },
      circuitBreaker: { window: '1s', minimumCalls: 10, quorum: 1 },
      outlier: true,
    },
    db: { concurrency: { limit: 8, queue: 8 }, rateLimit: { rate: 400, shared: true } },
  },
}

/** A shop with all that chance decides: arrivals, delays, work, coins, picks, jitter, phases of heartbeats. */
export default defineScenario({
  name: 'shop',
  duration: '15s',
  seed: 7,
  network: { latency: lognormal({ p50: '0.5ms', p99: '2ms' }) },
  policies: GOVERNED,
  topology: {
    gateway: service({
      replicas: 2,
      steps: [{ work: '1ms' }, [{ call: 'orders' }, { call: 'stock', optional: true }]],
    }),
    orders: service({ replicas: 3, concurrency: 4, queue: 10, work: exponential({ mean: '8ms' }), calls: ['db'] }),
    stock: service({ replicas: 2, work: exponential({ mean: '4ms' }), errorRate: 0.05 }),
    db: service({ replicas: 2, concurrency: 4, work: exponential({ mean: '3ms' }) }),
  },
  workload: [
    poisson({ to: 'gateway', rate: 80, clients: 2, deadline: '1s' }),
    closedLoop({ to: 'orders', name: 'batch', clients: 4, thinkTime: exponential({ mean: '100ms' }) }),
  ],
  faults: [
    at('3s').slow('db', { add: '60ms', ratio: 0.5, for: '2s' }),
    at('5s').error('stock', { ratio: 0.9, after: '2ms', for: '1s' }),
    at('6s').crash('orders#2', { restartAfter: '2s' }),
    at('9s').pause('stock#1', { for: '500ms' }),
    at('11s').hold('orders>db', { for: '300ms' }),
    at('12s').registryDown({ for: '1s' }),
  ],
})
