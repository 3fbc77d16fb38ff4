// The fleets whose calls are simulated: groups of ten services, a gateway over three shops over six stores, so that one
// request makes ten calls. The same load whatever their number.
import {
  type DistributionData,
  defineScenario,
  exponential,
  poisson,
  type ScenarioData,
  type ServiceData,
  service,
  simulate,
} from '@seakeep/sim'
import { cpuNowMs } from './harness.ts'

const LAYERS = {
  timeout: '2s',
  retry: { attemptTimeout: '500ms' },
  circuitBreaker: true,
  concurrency: { limit: 256, queue: 64 },
  outlier: true,
  loadBalancing: 'p2c-ewma',
}
const GOVERNED = { version: 1, targets: { '*': LAYERS } }
/** Requests a second, over all gateways. */
const RATE = 1000
const WORK: DistributionData = exponential({ mean: '2ms' })

export interface Fleet {
  /** A multiple of ten. */
  readonly services: number
  /** Every call through all policies, or bare. */
  readonly isGoverned: boolean
  /** Services are handlers that await their calls, instead of declared. */
  readonly isAsync?: boolean
}

/** What a stretch of a fleet's life took. */
export interface Simulated {
  readonly calls: number
  /** CPU time of the main thread. */
  readonly ms: number
}

export async function simulated(fleet: Fleet, seconds: number): Promise<Simulated> {
  const before = cpuNowMs()
  const { calls } = await simulate(scenarioOf(fleet, seconds))
  return { calls, ms: cpuNowMs() - before }
}

function scenarioOf({ services, isGoverned, isAsync = false }: Fleet, seconds: number): ScenarioData {
  const inner = isAsync ? handler : declared
  const topology: Record<string, ServiceData> = {}
  const gateways: string[] = []
  for (let group = 1; group <= services / 10; group++) {
    const named = (name: string): string => `${name}-${group}`
    gateways.push(named('gateway'))
    topology[named('gateway')] = inner(['shop-a', 'shop-b', 'shop-c'].map(named))
    for (const shop of ['a', 'b', 'c']) {
      const stores = [`store-${shop}1`, `store-${shop}2`].map(named)
      topology[named(`shop-${shop}`)] = inner(stores)
      for (const store of stores) topology[store] = declared([], 0.001)
    }
  }
  const [only = ''] = gateways
  return defineScenario({
    name: `${services} services`,
    duration: `${seconds}s`,
    ...(isGoverned ? { policies: GOVERNED } : {}),
    topology,
    workload: [
      poisson({
        to: gateways.length === 1 ? only : gateways.map((one) => ({ service: one })),
        rate: RATE,
        deadline: '2s',
      }),
    ],
  })
}

function declared(calls: readonly string[], errorRate = 0): ServiceData {
  return service({ replicas: 3, concurrency: 64, work: WORK, calls, errorRate })
}

function handler(calls: readonly string[]): ServiceData {
  return service({
    replicas: 3,
    concurrency: 64,
    app: async (_request, { client, work }) => {
      await work(WORK)
      for (const name of calls) await client(name).call({})
      return 'ok'
    },
  })
}
