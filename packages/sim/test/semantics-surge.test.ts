// The fault `surge`: more calls of a workload, or fewer, and nobody else's.
import { describe, expect, it } from 'vitest'
import {
  at,
  closedLoop,
  constantArrivalRate,
  type FaultData,
  poisson,
  type RunDocument,
  replay,
  simulate,
  spike,
  type WorkloadData,
} from '../src/index.ts'

function run(workload: readonly WorkloadData[], faults: readonly FaultData[], policies?: object): Promise<RunDocument> {
  return simulate({
    duration: '30s',
    network: { latency: 0 },
    topology: { api: { work: '1ms' }, web: { work: '1ms' } },
    workload,
    faults,
    ...(policies && { policies: { version: 1, ...policies } }),
  })
}

const rates = (document: RunDocument, id: string) => document.timeline.series[`${id}.offered`] ?? []
const sum = (numbers: readonly (number | null)[]) => numbers.reduce<number>((total, one) => total + (one ?? 0), 0)

describe('a surge', () => {
  it('multiplies even calls exactly while it lasts', async () => {
    const document = await run(
      [constantArrivalRate({ to: 'api', rate: 20 })],
      [at('10s').surge('api', { factor: 3, for: '5s' })],
    )
    expect(rates(document, 'api')).toEqual([...Array(10).fill(20), ...Array(5).fill(60), ...Array(15).fill(20)])
  })

  it('leaves what comes before, after, and from others as it was', async () => {
    const loads = [poisson({ to: 'api', rate: 100 }), poisson({ to: 'web', rate: 100 })]
    const calm = await run(loads, [])
    const surged = await run(loads, [at('10s').surge('api', { factor: 2.5, for: '5s' })])
    const [before, after] = [rates(calm, 'api'), rates(surged, 'api')]
    expect([...after.slice(0, 10), ...after.slice(15)]).toEqual([...before.slice(0, 10), ...before.slice(15)])
    expect(Math.abs(sum(after.slice(10, 15)) - 1250)).toBeLessThan(4 * Math.sqrt(1250))
    expect(rates(surged, 'web')).toEqual(rates(calm, 'web'))
    expect(surged.services.web?.traceHash).toBe(calm.services.web?.traceHash)
  })

  it('is the same under every policy (S7)', async () => {
    const faults = [at('10s').surge('api', { factor: 4, for: '5s' })]
    const loads = [poisson({ to: 'api', rate: 50 })]
    const bare = await run(loads, faults)
    const governed = await run(loads, faults, { targets: { api: { rateLimit: { rate: 20, burst: 1 } } } })
    expect(rates(governed, 'api')).toEqual(rates(bare, 'api'))
    expect(governed.workload.api?.rejected).toBeGreaterThan(0)
  })

  it('below 1 takes calls away', async () => {
    const document = await run(
      [constantArrivalRate({ to: 'api', rate: 100 })],
      [at('10s').surge('api', { factor: 0.2, for: '10s' })],
    )
    expect(sum(rates(document, 'api').slice(10, 20)) / 200).toBeCloseTo(1, 0)
    expect(sum(rates(document, 'api').slice(20))).toBe(1000)
    const none = await run([constantArrivalRate({ to: 'api', rate: 100 })], [at('10s').surge('api', { factor: 0 })])
    expect(sum(rates(none, 'api'))).toBe(1000)
  })

  it('strikes a workload by its name, or of several targets the calls to one', async () => {
    const loads = [
      constantArrivalRate({ to: 'api', rate: 10, name: 'batch' }),
      constantArrivalRate({ to: 'api', rate: 10, name: 'people' }),
    ]
    const named = await run(loads, [at(0).surge('batch', { factor: 2 })])
    expect(named.workload).toMatchObject({ batch: { offered: 600 }, people: { offered: 300 } })
    const both = await run([poisson({ to: [{ service: 'api' }, { service: 'web' }], rate: 100 })], [])
    const one = await run(
      [poisson({ to: [{ service: 'api' }, { service: 'web' }], rate: 100 })],
      [at(0).surge('api', { factor: 3 })],
    )
    expect(one.services.web?.offered).toBe(both.services.web?.offered)
    expect((one.services.api?.offered ?? 0) / (both.services.api?.offered ?? 1)).toBeCloseTo(3, 0)
  })

  it('multiplies spikes, recordings and users, too', async () => {
    const faults = [at('10s').surge('api', { factor: 2, for: '10s' })]
    const spiked = await run([spike({ to: 'api', rate: 10, peak: 50, at: '15s', for: '10s', poisson: false })], faults)
    expect(rates(spiked, 'api')).toEqual(
      [10, 20, 100, 50, 10].flatMap((rate, i) => Array([10, 5, 5, 5, 5][i]).fill(rate)),
    )
    const instants = Array.from({ length: 30 }, (_, i) => i * 1000 + 500)
    expect((await run([replay({ to: 'api', arrivals: instants })], faults)).workload.api?.offered).toBe(40)
    const users = await run([closedLoop({ to: 'api', clients: 10, thinkTime: '99ms' })], faults)
    expect(rates(users, 'api')[5]).toBe(100)
    expect(rates(users, 'api')[15]).toBe(200)
    expect(rates(users, 'api')[25]).toBe(100)
    const lull = await run(
      [closedLoop({ to: 'api', clients: 10, thinkTime: '99ms' })],
      [at('10s').surge('api', { factor: 0.5, for: '10s' })],
    )
    expect([rates(lull, 'api')[15], rates(lull, 'api')[25]]).toEqual([50, 100])
  })

  it('of nobody’s calls is refused with what there is', async () => {
    await expect(run([poisson({ to: 'api', rate: 1 })], [at(0).surge('wbe', { factor: 2 })])).rejects.toThrow(
      'faults.0.surge.target: "wbe" is called by no workload; a surge strikes a workload, or a service that one calls: api',
    )
  })
})
