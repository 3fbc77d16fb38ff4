// How fast calls are simulated: ten declared services in three instances each, every call through the whole production
// pipeline, against the same world without policies. CPU time of the main thread; runs in turn; medians.
import {
  type DistributionData,
  defineScenario,
  exponential,
  poisson,
  type ScenarioData,
  service,
  simulate,
} from '@seakeep/sim'
import { cpuNowMs, median, type Row, rounded, type Suite } from '../harness.ts'

const LAYERS = {
  timeout: '2s',
  retry: { attemptTimeout: '500ms' },
  circuitBreaker: true,
  concurrency: { limit: 256, queue: 64 },
  outlier: true,
  loadBalancing: 'p2c-ewma',
}
const GOVERNED = { version: 1, targets: { '*': LAYERS } }
/** What the project promises: 100,000 governed calls a second and core. */
const MOST_NS = 10_000

/** A gateway over three shops over six stores; one request makes ten calls. */
function tree(policies: object | undefined, duration: `${number}s`): ScenarioData {
  const work: DistributionData = exponential({ mean: '2ms' })
  const inner = (calls: readonly string[]) => service({ replicas: 3, concurrency: 64, work, calls })
  const leaf = service({ replicas: 3, concurrency: 64, work, errorRate: 0.001 })
  return defineScenario({
    name: 'ten services',
    duration,
    ...(policies === undefined ? {} : { policies }),
    topology: {
      gateway: inner(['shop-a', 'shop-b', 'shop-c']),
      ...Object.fromEntries(
        ['a', 'b', 'c'].map((shop) => [`shop-${shop}`, inner([`store-${shop}1`, `store-${shop}2`])]),
      ),
      ...Object.fromEntries(['a1', 'a2', 'b1', 'b2', 'c1', 'c2'].map((store) => [`store-${store}`, leaf])),
    },
    workload: [poisson({ to: 'gateway', rate: 400, deadline: '2s' })],
  })
}

async function perCallNs(policies: object | undefined): Promise<number> {
  const before = cpuNowMs()
  const run = await simulate(tree(policies, '20s'))
  return ((cpuNowMs() - before) * 1e6) / run.calls
}

export const simulation: Suite = {
  name: 'simulation',
  run: async (rounds) => {
    const bare: number[] = []
    const governed: number[] = []
    for (let round = -2; round < Math.max(3, Math.round(rounds / 10)); round++) {
      const times = [await perCallNs(undefined), await perCallNs(GOVERNED)] as const
      if (round < 0) continue
      bare.push(times[0])
      governed.push(times[1])
    }
    const base = median(bare)
    const row = (name: string, ns: number, ok: boolean): Row => {
      const rate = `${Math.round(1e6 / ns)}k calls/s`
      return {
        suite: 'simulation',
        name: `${name}: ${rate}`,
        ratio: rounded(ns / base, 2),
        perCallNs: rounded(ns, 0),
        bytes: 0,
        ok,
      }
    }
    const ns = median(governed)
    return [row('10 services × 3, bare calls', base, true), row('10 services × 3, all policies', ns, ns <= MOST_NS)]
  },
}
