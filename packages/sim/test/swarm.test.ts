// Swarm mode: each seed draws faults of its own, and what was drawn can be run again without the draw.
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { type ScenarioData, type SwarmData, simulate } from '../src/index.ts'
import { resolveScenario, scenarioAsData } from '../src/scenario/resolving/resolve-scenario.ts'

const SHOP: ScenarioData = {
  name: 'shop',
  duration: '20s',
  warmup: '2s',
  topology: {
    shop: { replicas: 2, concurrency: 8, work: '2ms', calls: ['pay'] },
    pay: { replicas: 3, concurrency: 4, work: { exponential: { mean: '10ms' } }, zones: ['a', 'b'] },
  },
  workload: [{ poisson: { to: 'shop', rate: 50, deadline: '1s' } }],
}
const drawn = (seed: number, swarm: boolean | SwarmData = true) => resolveScenario({ ...SHOP, seed, swarm })
const seeds = Array.from({ length: 60 }, (_, i) => i + 1)

describe('a swarm', () => {
  it('is the same for a seed, byte for byte, and another for the next', async () => {
    const [first, second] = [
      await simulate({ ...SHOP, seed: 3, swarm: true }),
      await simulate({ ...SHOP, seed: 3, swarm: true }),
    ]
    expect(JSON.stringify({ ...second, wallMs: 0, metric: 0 })).toBe(JSON.stringify({ ...first, wallMs: 0, metric: 0 }))
    expect(first.swarm?.length).toBeGreaterThan(0)
    expect(new Set(seeds.map((seed) => drawn(seed).swarm?.join())).size).toBe(seeds.length)
  })

  it('draws every kind, but with most seeds only some, and never before the warm-up or to the end', () => {
    const all = seeds.map((seed) => drawn(seed).faults)
    const kinds = new Set(all.flat().map(({ kind }) => kind))
    expect([...kinds].sort()).toEqual([
      ...['capacity', 'clockSkew', 'crash', 'duplicate', 'error', 'hang', 'hold', 'loss', 'partition', 'pause'],
      ...['registryDown', 'registryEmpty', 'registryFlap', 'registryPartial', 'registryPartition', 'registryStale'],
      ...['reset', 'slow', 'surge'],
    ])
    expect(all.every((faults) => faults.length >= 1 && faults.length <= 4)).toBe(true)
    expect(all.filter((faults) => new Set(faults.map(({ kind }) => kind)).size < 3).length).toBeGreaterThan(20)
    expect(all.flat().every(({ atMs, untilMs }) => atMs > 2000 && untilMs < 20_000)).toBe(true)
  })

  it('draws what takes long or needs something only where there is time for it, and it', () => {
    const { shop, pay } = SHOP.topology as Readonly<Record<string, object>>
    const kinds = ['deploy', 'drain', 'flush', 'bandwidth']
    const at = (duration: '20s' | '2m', seed: number, topology: ScenarioData['topology']) =>
      resolveScenario({ ...SHOP, duration, topology, seed, swarm: { kinds: ['slow', ...kinds], faults: 4 } }).faults
    const short = seeds.flatMap((seed) => at('20s', seed, { shop: shop ?? {}, pay: pay ?? {} }))
    expect(new Set(short.map(({ kind }) => kind))).toEqual(new Set(['slow']))
    const whole = { shop: { ...shop, cache: { size: 10 } }, pay: { ...pay, responseBytes: '10KB' } } as const
    const long = seeds.flatMap((seed) => at('2m', seed, whole))
    expect(new Set(long.map(({ kind }) => kind))).toEqual(new Set(['slow', ...kinds]))
    expect(long.every(({ atMs, untilMs }) => atMs > 2000 && untilMs < 120_000)).toBe(true)
  })

  it('is kept to some kinds and to a number, beside the faults that are written', () => {
    const scenario = resolveScenario({
      ...SHOP,
      faults: [{ at: '5s', slow: { target: 'pay', factor: 2 } }],
      swarm: { kinds: ['crash', 'pause'], faults: 3 },
    })
    expect(scenario.faults).toHaveLength(4)
    expect(scenario.faults[0]?.kind).toBe('slow')
    expect(scenario.faults.slice(1).every(({ kind }) => kind === 'crash' || kind === 'pause')).toBe(true)
    expect(scenario.swarm).toHaveLength(3)
  })

  it('is written as a list of faults, and that runs as it did', async () => {
    const data = scenarioAsData({ ...SHOP, seed: 5, swarm: true })
    expect(data).not.toHaveProperty('swarm')
    expect(data.faults).toHaveLength(drawn(5).faults.length)
    const again = await simulate(parse(JSON.stringify(data)) as ScenarioData)
    expect(again.traceHash).toBe((await simulate({ ...SHOP, seed: 5, swarm: true })).traceHash)
  })

  it('of what is not there is refused', () => {
    expect(() => drawn(1, { kinds: ['slwo'] })).toThrow(
      'swarm.kinds.0: "slwo" is no kind that is drawn; allowed: slow,',
    )
    expect(() => drawn(1, { faults: 0 })).toThrow('swarm.faults: 0 is not allowed; an integer from 1 to 100')
    expect(() => drawn(1, { faults: [4, 2] })).toThrow('swarm.faults: [4, 2] is not allowed; the second is the most')
  })
})
