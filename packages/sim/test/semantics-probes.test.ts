// Active health checks in a simulation: nobody's calls, over the same network (users: what is simulated is what is shipped).
import { describe, expect, it } from 'vitest'
import {
  at,
  constantArrivalRate,
  type FaultData,
  type RunDocument,
  type ScenarioData,
  type ServiceData,
  service,
  simulate,
} from '../src/index.ts'
import { Kernel } from '../src/kernel/kernel.ts'
import { createDrain } from '../src/kernel/node-drain.ts'
import { buildWorld } from '../src/running/build-world.ts'
import { NodeAmbience } from '../src/running/node-ambience.ts'
import { resolveScenario } from '../src/scenario/resolving/resolve-scenario.ts'

const PATH = { http: '/readyz', interval: '1s', timeout: '200ms', fall: 2, rise: 2, jitter: 0 }
const TCP = { tcp: true, interval: '1s', timeout: '200ms', fall: 2, rise: 2, jitter: 0 }
const GRPC = { grpc: true, interval: '1s', timeout: '200ms', fall: 2, rise: 2, jitter: 0 }

function scenario(health: object | undefined, faults: readonly FaultData[] = [], api: ServiceData = {}): ScenarioData {
  const target = { loadBalancing: 'round-robin', ...(health === undefined ? {} : { health }) }
  return {
    duration: '20s',
    policies: { version: 1, targets: { api: target } },
    topology: { api: service({ replicas: 2, work: '1ms', ...api }) },
    workload: [constantArrivalRate({ to: 'api', rate: 10 })],
    faults,
  }
}

/** What the checks found: which endpoint, when (in s), and whether it failed or recovered. */
const found = ({ events$ }: RunDocument): unknown[] =>
  events$
    .filter(({ type }) => type === 'endpointFailedChecks' || type === 'endpointRecovered')
    .map(({ atMs, type, endpoint }) => [Math.round(atMs / 100) / 10, endpoint, type === 'endpointRecovered'])
const reasons = ({ events$ }: RunDocument): unknown[] => events$.flatMap(({ why }) => (why === undefined ? [] : [why]))

describe('a health check', () => {
  it.each([
    ['of a path', PATH],
    ['of a connection', TCP],
    ['of gRPC’s health service', GRPC],
  ])('%s is in no figure, takes no worker, and leaves no trace', async (_, health) => {
    const busy: ServiceData = { concurrency: 1, queue: 0, work: '5s', replicas: 1 }
    for (const api of [{}, busy]) {
      const [without, checked] = [
        await simulate(scenario(undefined, [], api)),
        await simulate(scenario(health, [], api)),
      ]
      expect(checked.events).toBeGreaterThan(without.events + 50)
      expect(checked.traceHash).toBe(without.traceHash)
      expect(checked.services).toEqual(without.services)
      expect(checked.edges).toEqual(without.edges)
      expect(checked.calls).toBe(without.calls)
    }
  })

  it.each([
    ['path', PATH],
    ['connection', TCP],
    ['gRPC', GRPC],
  ])('finds a crashed host out, and its return: %s', async (_, health) => {
    const run = await simulate(scenario(health, [at('5500ms').crash('api#2', { restartAfter: '4s' })]))
    expect(found(run)).toEqual([
      [7, 'api#2', false],
      [11, 'api#2', true],
    ])
    expect(reasons(run)[0]).toContain('connection refused')
  })

  it('a host that stands still answers no path, but is connected to all the same', async () => {
    const pause = [at('5500ms').pause('api#2', { for: '4s' })]
    expect(found(await simulate(scenario(PATH, pause)))).toEqual([
      [7.2, 'api#2', false],
      [11, 'api#2', true],
    ])
    expect(found(await simulate(scenario(TCP, pause)))).toEqual([])
  })

  it('an error fault strikes it, slow work does not', async () => {
    const error = await simulate(scenario(PATH, [at('5500ms').error('api#2', { for: '4s' })]))
    expect(found(error)).toEqual([
      [7, 'api#2', false],
      [11, 'api#2', true],
    ])
    expect(reasons(error)[0]).toContain('answered 500')
    const late = await simulate(scenario(PATH, [at('5500ms').error('api#2', { for: '4s', after: '300ms' })]))
    expect(found(late)[0]).toEqual([7.2, 'api#2', false])
    expect(found(await simulate(scenario(TCP, [at('5500ms').error('api#2')])))).toEqual([])
    expect(found(await simulate(scenario(PATH, [at('5500ms').slow('api#2', { add: '2s' })])))).toEqual([])
  })

  it('by chance where the fault strikes by chance, for each check anew', async () => {
    const faults = [at(0).error('api#2', { ratio: 0.5 })]
    const run = await simulate(scenario({ ...PATH, interval: '100ms' }, faults))
    const changes = found(run).length
    expect(changes).toBeGreaterThan(20)
    expect(changes).toBeLessThan(120)
    expect((await simulate(scenario({ ...PATH, interval: '100ms' }, faults))).traceHash).toBe(run.traceHash)
  })

  it.each([
    ['slow packets', at('5500ms').slow('client>api', { add: '300ms', for: '4s' })],
    ['slow replies', at('5500ms').slow('api>client', { add: '300ms', for: '4s' })],
    ['packets that are held', at('5500ms').hold('client>api', { for: '4s' })],
  ])('meets on its way what calls meet: %s', async (_, fault) => {
    const run = await simulate(scenario(PATH, [fault]))
    expect(found(run)).toHaveLength(4)
    expect(reasons(run)[0]).toContain('no answer within 200 ms')
  })

  it('is answered 503 by who drains', async () => {
    const kernel = new Kernel()
    const ambience = new NodeAmbience()
    using _environment = ambience.takeOver()
    const world = buildWorld(resolveScenario(scenario(PATH)), kernel, ambience)
    const drain = createDrain({ method: 'auto' })
    await kernel.run(5_500_000, { drain })
    const instance = world.instanceAt('api#2')
    if (instance === undefined) throw new Error('api#2 is not there')
    instance.isDraining = true
    await kernel.run(20_000_000, { drain })
    expect(world.recorder.log.events).toMatchObject([
      { type: 'endpointFailedChecks', endpoint: 'api#2', why: expect.stringContaining('answered 503') },
    ])
  })
})
