// A defect of other balancers as its user met it. `owner/repo#n` is `https://github.com/owner/repo/issues/n`.
import { describe, expect, test } from 'vitest'
import { answering, Bench } from '../../test/bench.ts'

// linkerd/website#2126 documents it, and any least-request balancer has it: who refuses at once has nothing in flight and
// the lowest latency, so it looks like the best of all and gets the traffic that it then fails.
describe('39. an endpoint that fails at once is no black hole', () => {
  const shareOfBad = async (loadBalancing: string | undefined, status: number, headers = {}): Promise<number> => {
    // Nothing else keeps calls away: neither a breaker, nor outlier detection, nor retries.
    const bench = new Bench({ orders: loadBalancing === undefined ? { timeout: '5s' } : { loadBalancing } })
    bench.up('bad', (far) => far.answer(status, {}, headers))
    for (const id of ['a', 'b', 'c', 'd']) bench.up(id, answering(200, 40))
    for (let i = 0; i < 6_000; i++) {
      bench.call()
      await bench.pass(10)
    }
    return bench.sent.filter((id) => id === 'bad').length / bench.sent.length
  }

  test.each([undefined, 'p2c-ewma', 'p2c', 'least-request'])('%s', async (loadBalancing) => {
    for (const status of [429, 500, 503]) {
      // Asked again after 5 s: a dozen times in this minute, and what is sent before the first answer.
      expect(await shareOfBad(loadBalancing, status)).toBeLessThan(0.005)
    }
    // As long as it asks for.
    expect(await shareOfBad(loadBalancing, 503, { 'retry-after': '120' })).toBeLessThan(0.001)
  })
})
