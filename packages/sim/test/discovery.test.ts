// What registries are believed (docs/discovery.md), shown by whole scenarios.
import { expect, test } from 'vitest'
import { defineScenario, simulate } from '../src/index.ts'

test.each([
  ['round-robin, no retries', { loadBalancing: 'round-robin' }, 0.74],
  ['retries', { retry: true }, 0.95],
] as const)(
  'seven of ten die: five are believed after a moment, two are kept for a grace: %s',
  async (_title, policy, goodput) => {
    const run = await simulate(
      defineScenario({
        name: 'mass-death',
        duration: '120s',
        topology: { orders: { replicas: 10, concurrency: 16, work: { exponential: { mean: '10ms' } } } },
        workload: [{ poisson: { to: 'orders', rate: 200, deadline: '1s' } }],
        faults: Array.from({ length: 7 }, (_, i) => ({ at: '10s', crash: { target: `orders#${i + 1}` } })),
        policies: { version: 1, targets: { orders: policy } },
      }),
      { seed: 1 },
    )
    expect(run.workload.orders?.goodput).toBeCloseTo(goodput, 2)
    const retained = run.events$.filter(({ type }) => type === 'endpointsRetained')
    expect(retained.map(({ why }) => why)).toEqual([
      '1 of 10 went without a goodbye within 30 s (they have 8 s to come back)',
      '6 of 10 went without a goodbye within 30 s (at most 0.5 are believed)',
    ])
  },
)
