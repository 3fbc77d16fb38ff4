import { describe, expect, it } from 'vitest'
import { answering, Bench } from './bench.ts'

describe('panic', () => {
  it('is told when it begins, with its numbers, and when it is over', async () => {
    const outlier = { consecutiveFailures: 1, maxEjected: 1, baseEjection: '30s' }
    const bench = new Bench({ orders: { loadBalancing: 'round-robin', outlier } })
    for (const id of ['a', 'b', 'c']) bench.up(id, answering(500))
    for (let i = 0; i < 6; i++) await bench.callOnce()
    const [panic] = bench.events.filter(({ type }) => type === 'panicEntered')
    expect(panic).toMatchObject({ service: 'orders', why: '1 of 3 endpoints are healthy (threshold 0.5)' })
    for (const id of ['a', 'b', 'c']) bench.serve(id, answering(200))
    await bench.pass(60_000)
    for (let i = 0; i < 3; i++) await bench.callOnce()
    expect(bench.events.filter(({ type }) => type === 'panicLeft')).toMatchObject([
      { why: '3 of 3 endpoints are healthy (threshold 0.5)' },
    ])
  })
})
