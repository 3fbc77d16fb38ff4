import { describe, expect, it } from 'vitest'
import { parsePolicyDocument } from '../src/spi.ts'
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

  const broken = { consecutiveFailures: 1, maxEjected: 1, baseEjection: '30s' }
  const routes = ['1', '2'].map((version) => ({ headers: { version }, version }))
  const told = (bench: Bench): string[] => bench.typesOfEvents().filter((type) => type.startsWith('panic'))
  const calls = async (bench: Bench, count: number, version = 'any'): Promise<void> => {
    for (let i = 0; i < count; i++) await bench.callOnce(0, { headers: { version } })
  }
  const two = (bench: Bench, version: string): void => {
    bench.up(`a${version}`, answering(500), { version }).up(`b${version}`, answering(200), { version })
  }

  it('goes on where another balancer picks, and ends where the threshold falls', async () => {
    const targets = (loadBalancing: object): Readonly<Record<string, object>> => ({
      orders: { routes, outlier: { ...broken, baseEjection: '1h' }, loadBalancing },
    })
    const bench = new Bench(targets({ algorithm: 'round-robin', panicThreshold: 0.6 }))
    two(bench, '1')
    const apply = (options: object): Promise<void> => {
      bench.runtime.applyPolicies(parsePolicyDocument({ version: 1, targets: targets(options) }))
      return calls(bench, 4)
    }
    await calls(bench, 4)
    await calls(bench, 4, '1')
    await apply({ algorithm: 'random', panicThreshold: 0.6 })
    await calls(bench, 4, '1')
    expect(told(bench)).toEqual(['panicEntered'])
    await apply({ algorithm: 'random', panicThreshold: 0 })
    expect(told(bench)).toEqual(['panicEntered'])
    await calls(bench, 4, '1')
    expect(told(bench)).toEqual(['panicEntered', 'panicLeft'])
  })

  it('is told once for all versions, and over when it is in none', async () => {
    const loadBalancing = { algorithm: 'round-robin', panicThreshold: 0.6 }
    const bench = new Bench({ orders: { routes, outlier: broken, loadBalancing } })
    two(bench, '1')
    two(bench, '2')
    await calls(bench, 4, '1')
    await calls(bench, 4, '2')
    expect(told(bench)).toEqual(['panicEntered'])
    bench.serve('a1', answering(200))
    await bench.pass(60_000)
    await calls(bench, 2, '1')
    expect(told(bench)).toEqual(['panicEntered'])
    await calls(bench, 2, '2')
    expect(told(bench)).toEqual(['panicEntered', 'panicLeft'])
  })

  it('ends with a version that has no endpoint any more', async () => {
    const loadBalancing = { algorithm: 'round-robin', panicThreshold: 0.6 }
    const bench = new Bench({ orders: { routes, outlier: broken, loadBalancing } })
    two(bench, '1')
    two(bench, '2')
    await calls(bench, 4, '1')
    bench.leave('a1')
    bench.leave('b1')
    await bench.pass(0)
    expect(told(bench)).toEqual(['panicEntered', 'panicLeft'])
    const left = bench.events.find(({ type }) => type === 'panicLeft')
    expect(left).toMatchObject({ why: 'version 1 has no endpoint any more', service: 'orders' })
  })
})
