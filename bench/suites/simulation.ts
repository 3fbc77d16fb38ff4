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
import { cpuNowMs } from '../harness.ts'
import { rowOf, type Suite } from '../row.ts'
import { median, noiseOf } from '../statistics.ts'

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
function tree(policies: ScenarioData['policies'] | undefined, duration: `${number}s`): ScenarioData {
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

async function perCallNs(policies: ScenarioData['policies'] | undefined): Promise<number> {
  const before = cpuNowMs()
  const run = await simulate(tree(policies, '20s'))
  return ((cpuNowMs() - before) * 1e6) / run.calls
}

export const simulation: Suite = {
  name: 'simulation',
  run: async (rounds) => {
    const bare: number[] = []
    const governed: number[] = []
    // A run is half a second and a hundred thousand calls: a tenth of the rounds tells enough.
    for (let round = -2; round < Math.max(3, Math.round(rounds / 10)); round++) {
      const times = [await perCallNs(undefined), await perCallNs(GOVERNED)] as const
      if (round < 0) continue
      bare.push(times[0])
      governed.push(times[1])
    }
    const ratios = governed.map((ns, at) => ns / bare[at]!)
    const base = { name: '10 services × 3, bare calls', ratio: 1, noise: 0, perCallNs: median(bare), bytes: 0 }
    const full = { ratio: median(ratios), noise: noiseOf(ratios), perCallNs: median(governed), bytes: 0 }
    return [
      rowOf('simulation', base),
      rowOf('simulation', { name: '10 services × 3, all policies', ...full }, { perCallNs: MOST_NS }),
    ]
  },
}
