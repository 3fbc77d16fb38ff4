// `mode: shadow` of calls as a runtime shows it: `rt.shadow`, its events, explanations, and what becomes of it when the
// layer is enforced.
import { describe, expect, it } from 'vitest'
import { isRejectedError } from '../src/index.ts'
import { parsePolicyDocument } from '../src/spi.ts'
import { answering, Bench } from './bench.ts'

const BREAKER = { minimumCalls: 2, per: 'service', openFor: '60s' } as const
const OUTLIER = { consecutiveFailures: 2, successRate: false } as const

describe('rt.shadow', () => {
  it('counts by what would have been done, told at once and then once a second', async () => {
    const bench = new Bench({ orders: { circuitBreaker: BREAKER, mode: 'shadow' } }).up('a', answering(500))
    const changes: unknown[] = []
    bench.runtime.shadow('orders').changes$.subscribe((counts) => changes.push(counts))
    for (let i = 0; i < 5; i++) expect((await bench.callOnce()).failure).toMatchObject({ status: 500 })
    expect(bench.runtime.shadow('orders').value).toEqual({ 'circuit-open': 3 })
    expect(bench.runtime.breaker('orders').value).toBe('open')
    await bench.pass(1000)
    expect(changes).toEqual([{ 'circuit-open': 1 }, { 'circuit-open': 3 }])
    const told = bench.events.filter(({ type }) => type === 'shadowCounted' || type === 'circuitOpened')
    expect(told).toMatchObject([
      { type: 'circuitOpened', service: 'orders', isShadow: true },
      { type: 'shadowCounted', service: 'orders', counts: { 'circuit-open': 1 } },
      { type: 'shadowCounted', service: 'orders', counts: { 'circuit-open': 2 } },
    ])
  })

  it('keeps an endpoint in that would be ejected, and says so', async () => {
    const bench = new Bench({ orders: { outlier: OUTLIER, loadBalancing: 'round-robin', mode: 'shadow' } }).up(
      'a',
      answering(500),
    )
    bench.up('b', answering(200))
    for (let i = 0; i < 40; i++) await bench.callOnce(10)
    expect(bench.runtime.shadow('orders').value).toEqual({ ejected: 1 })
    const { a } = bench.runtime.health('orders').value.byEndpoint
    expect(a).toMatchObject({ state: 'healthy', isUsable: true })
    expect(a?.reasons).toContain('traffic (in shadow): ejected, 1 in a row')
  })

  it('is enforced with what was learnt on paper, and the other way round', async () => {
    const bench = new Bench({ orders: { circuitBreaker: BREAKER, outlier: OUTLIER, mode: 'shadow' } })
    bench.up('a', answering(500)).up('b', answering(500))
    for (let i = 0; i < 8; i++) await bench.callOnce()
    const apply = (mode: string) => {
      const orders = { circuitBreaker: BREAKER, outlier: OUTLIER, mode }
      bench.runtime.applyPolicies(parsePolicyDocument({ version: 1, targets: { orders } }))
    }
    apply('enforce')
    expect(isRejectedError((await bench.callOnce()).error)).toBe(true)
    const states = () => Object.values(bench.runtime.health('orders').value.byEndpoint).map(({ state }) => state)
    expect(states().sort()).toEqual(['ejected', 'healthy'])
    apply('shadow')
    expect((await bench.callOnce()).failure).toMatchObject({ status: 500 })
    expect(states()).toEqual(['healthy', 'healthy'])
  })

  it('stands in explanations, where a layer that watches says nothing else', async () => {
    const layers = { rateLimit: { rate: 1, burst: 1, mode: 'shadow' }, concurrency: { limit: 4 } }
    const bench = new Bench({ orders: layers }, { explain: { ratio: 1, keep: 9 } }).up('a', answering(200))
    for (let i = 0; i < 2; i++) await bench.callOnce()
    const [second, first] = [...bench.runtime.explanations()]
    const steps = ['pick', 'concurrency', 'sent', 'answered', 'judged']
    expect(first?.decisions.map(({ step }) => step)).toEqual(steps)
    expect(second?.decisions.map(({ step }) => step)).toEqual(['pick', 'shadow', ...steps.slice(1)])
    expect(String(second)).toContain('in shadow, so not done: rate-limited')
    expect(second?.policy.map(({ path }) => path)).toContain('rateLimit.rate')
    expect(bench.runtime.shadow('orders').value).toEqual({ 'rate-limited': 1 })
  })

  it('of a policy for a function is its own', async () => {
    const bench = new Bench({})
    const policy = bench.runtime.policy({ name: 'quotes', rateLimit: { rate: 1, burst: 1 }, mode: 'shadow' })
    for (let i = 0; i < 3; i++) expect(await policy.execute(() => i)).toBe(i)
    expect(policy.shadow.value).toEqual({ 'rate-limited': 2 })
    expect(policy.for('eu').shadow.value).toEqual({})
  })
})
