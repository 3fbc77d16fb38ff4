import { at, defineScenario, exponential, fail, poisson, service } from '../src/index.ts'

/** Handlers with promises in every form: chains, all, race, timeouts, errors, work and policies of their own. */
export default defineScenario({
  duration: '6s',
  seed: 3,
  policies: {
    version: 1,
    targets: { '*': { timeout: '300ms', retry: { attemptTimeout: '50ms' }, circuitBreaker: true } },
  },
  topology: {
    gateway: service({
      replicas: 2,
      app: async (_request, { client, work, random, policy, clock }) => {
        await work(exponential({ mean: '2ms' }))
        const guarded = policy({ name: 'gateway', retry: { maxAttempts: 2, backoff: { initial: 1, max: 4 } } })
        const [orders] = await Promise.all([
          guarded.execute(() => client('orders').call({})),
          client('stock')
            .call({})
            .catch(() => 'no stock'),
        ])
        if (random.stream('coin').next() < 0.05) fail('sold out')
        return { orders, at: clock.now() }
      },
    }),
    orders: service({
      replicas: 3,
      app: async (_request, { client, work }) => {
        await Promise.race([work('20ms'), client('stock').call({})])
        for (let i = 0; i < 5; i++) await null
        return 'ok'
      },
    }),
    stock: service({ replicas: 2, concurrency: 2, queue: 4, work: exponential({ mean: '15ms' }), errorRate: 0.1 }),
  },
  workload: [poisson({ to: 'gateway', rate: 60 })],
  faults: [
    at('2s').slow('stock', { add: '80ms', for: '1s' }),
    at('3s').crash('orders#1', { restartAfter: '500ms' }),
    at('4s').pause('gateway#2', { for: '300ms' }),
  ],
})
