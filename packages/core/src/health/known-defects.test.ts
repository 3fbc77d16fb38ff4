// Defects of other outlier detectors, each as its user met it. `owner/repo#n` is `https://github.com/owner/repo/issues/n`.
import { describe, expect, test } from 'vitest'
import { answering, Bench } from '../../test/bench.ts'

// envoyproxy/envoy#3263, #26877, #17504, #2671, istio/istio#20135, #8846: a tenth of few is nothing, so the one that fails
// stays; or one is ejected regardless, and it is the last; or all are.
describe('40. outlier detection in small services', () => {
  const IDS = ['a', 'b', 'c', 'd', 'e']
  const run = async (hosts: number, isBad: (id: string) => boolean, outlier: object): Promise<Bench> => {
    const detection = { consecutiveFailures: 5, baseEjection: '5m', maxEjection: '5m', ...outlier }
    const bench = new Bench({
      orders: { loadBalancing: { algorithm: 'round-robin', panicThreshold: 0 }, outlier: detection },
    })
    for (const id of IDS.slice(0, hosts)) bench.up(id, answering(isBad(id) ? 500 : 200))
    for (let i = 0; i < 200; i++) await bench.callOnce()
    return bench
  }
  const ejected = (bench: Bench): number => bench.typesOfEvents().filter((type) => type === 'endpointEjected').length
  const last = (bench: Bench): string => bench.sent.slice(-100).join('')

  test.each([1, 2, 3, 4, 5])('of %d, the one that fails is out, unless it is the only one', async (hosts) => {
    const bench = await run(hosts, (id) => id === 'a', {})
    expect(ejected(bench)).toBe(hosts === 1 ? 0 : 1)
    expect(last(bench).includes('a')).toBe(hosts === 1)
    expect(bench.sent.length).toBe(200)
  })

  test.each([
    [1, 0, 0],
    [2, 1, 1],
    [3, 1, 2],
    [4, 1, 3],
    [5, 1, 4],
  ])(
    'of %d that all fail, %d goes by default, %d where all may, and calls are still made',
    async (hosts, few, most) => {
      const byDefault = await run(hosts, () => true, {})
      const all = await run(hosts, () => true, { maxEjected: 1 })
      expect([ejected(byDefault), ejected(all)]).toEqual([few, most])
      expect([byDefault.sent.length, all.sent.length]).toEqual([200, 200])
      expect(new Set(last(all)).size).toBe(hosts - most)
    },
  )

  test.each([1, 2, 3, 4, 5])('of %d, three that have to stay stay', async (hosts) => {
    expect(ejected(await run(hosts, () => true, { maxEjected: 1, minHealthy: 3 }))).toBe(Math.max(0, hosts - 3))
  })
})
