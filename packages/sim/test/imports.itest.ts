import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SeededRandom } from '@seakeep/core/testing'
import { describe, expect, it, test } from 'vitest'
import { runScenario } from '../src/running/run-scenario.ts'
import { foreignKind, readForeign } from '../src/scenario/importing/foreign-topology.ts'
import { parseData } from '../src/scenario/parse-data.ts'
import { resolveScenario } from '../src/scenario/resolving/resolve-scenario.ts'
import { shopTraces } from './trace-fixture.ts'

/** What a text is imported as, with nothing else said. */
function bare(text: string, durationMs: number, ratePerSecond?: number) {
  const { value, locate } = parseData(text, 'x.json')
  const kind = foreignKind(value)
  if (kind === undefined) throw new Error('is none of the kinds')
  const topology = readForeign(kind, value, 'x.json', locate)
  return resolveScenario({ topology }, { isBare: true, overrides: { durationMs, ratePerSecond } })
}

interface Span {
  readonly spanID: string
  readonly duration: number
  readonly processID: string
  readonly references: readonly { readonly spanID: string }[]
}

/** The mean time of each service's server spans: those whose parent is another service's, or that have none. */
function tracedMeans(text: string): Map<string, number> {
  const { data } = JSON.parse(text) as {
    readonly data: readonly {
      readonly spans: readonly Span[]
      readonly processes: Record<string, { readonly serviceName: string }>
    }[]
  }
  const all = new Map<string, number[]>()
  for (const { spans, processes } of data) {
    const serviceOf = (span: Span): string => processes[span.processID]?.serviceName ?? ''
    const byId = new Map(spans.map((span) => [span.spanID, span]))
    for (const span of spans) {
      const parent = byId.get(span.references[0]?.spanID ?? '')
      if (parent !== undefined && serviceOf(parent) === serviceOf(span)) continue
      all.set(serviceOf(span), [...(all.get(serviceOf(span)) ?? []), span.duration / 1000])
    }
  }
  return new Map([...all].map(([service, ms]) => [service, ms.reduce((sum, one) => sum + one, 0) / ms.length]))
}

async function expectMeans(text: string, durationMs: number): Promise<void> {
  const traced = tracedMeans(text)
  const { document } = await runScenario(bare(text, durationMs))
  const rows = [...traced].map(([service, tracedMs]) => {
    const simulatedMs = document.services[service]?.server.serviceMs.mean ?? Number.NaN
    return { service, tracedMs, simulatedMs, error: simulatedMs / tracedMs - 1 }
  })
  console.table(rows)
  expect(Object.keys(document.services).sort()).toEqual([...traced.keys()].sort())
  for (const { service, error } of rows) expect(Math.abs(error), service).toBeLessThan(0.15)
}

// Traces that nobody here wrote. They are not part of the project; where they are not at hand the shop's are all there is.
const file = join(import.meta.dirname, '../../../../shared/data/traces/deathstarbench-social-network.jaeger.json')

describe('traces, simulated again, give each service its mean duration within 15 %', () => {
  it.skipIf(!existsSync(file))('of the DeathStarBench social network', { timeout: 120_000 }, async () => {
    await expectMeans(readFileSync(file, 'utf8'), 20_000)
  })

  it('of a shop with a clock that is ahead, calls now and then, and failures', { timeout: 60_000 }, async () => {
    await expectMeans(JSON.stringify(shopTraces(200).file), 40_000)
  })
})

describe('large graphs import and run without a hint', () => {
  it('1,230 services with circles as a Jaeger dependency graph', { timeout: 240_000 }, async () => {
    const chance = new SeededRandom(7).stream('graph')
    const below = (n: number): number => Math.floor(chance.next() * n)
    const size = 1230
    const edges = Array.from({ length: size - 1 }, (_, i) => [below(i + 1), i + 1])
    // Back to who called, across, and to itself.
    for (let i = 0; i < 1500; i++) edges.push([below(size), below(size)])
    const data = edges.map(([parent, child]) => {
      return { parent: `svc-${parent}`, child: `svc-${child}`, callCount: 1 + Math.floor(10 ** (6 * chance.next())) }
    })
    const scenario = bare(JSON.stringify({ data }), 6000, 20)
    expect(scenario.workloads[0]?.maxDepth).toBe(20)
    const { document } = await runScenario(scenario)
    expect(Object.keys(document.services)).toHaveLength(size)
    const called = Object.values(document.services).filter(({ offered }) => offered > 0).length
    expect(called).toBeGreaterThan(100)
    expect(Object.values(document.workload)[0]?.goodput).toBe(1)
  })

  it('1,000 services as an isotope tree', { timeout: 240_000 }, async () => {
    const services = Array.from({ length: 1000 }, (_, i) => {
      const children = Array.from({ length: 10 }, (_, k) => 10 * i + k + 1).filter((child) => child < 1000)
      const calls = children.map((child) => ({ call: `mock-${child}` }))
      return { name: `mock-${i}`, ...(i === 0 ? { isEntrypoint: true } : {}), script: [{ sleep: '1ms' }, calls] }
    })
    const { document } = await runScenario(bare(JSON.stringify({ services }), 2000, 5))
    const all = Object.values(document.services)
    expect(all).toHaveLength(1000)
    expect(all.every(({ offered }) => offered === all[0]?.offered)).toBe(true)
    expect(document.workload['mock-0']?.goodput).toBe(1)
  })
})

test('fifty megabytes of traces are read in seconds, and so is what is wrong in them', { timeout: 180_000 }, () => {
  const [trace] = shopTraces(1).file.data
  const spans = Array.from({ length: 180_000 }, (_, i) => {
    const parent = i % 9 === 0 ? [] : [{ refType: 'CHILD_OF', traceID: `${i}`, spanID: `${i - (i % 9)}` }]
    const own = {
      traceID: `f${Math.floor(i / 9)}`,
      spanID: `${i}`,
      operationName: i % 9 === 0 ? 'GET /' : `step ${i % 9}`,
    }
    const padding = [{ key: 'sampler.param', type: 'string', value: 'x'.repeat(120) }]
    const references = parent.map((one) => ({ ...one, traceID: own.traceID }))
    return {
      ...own,
      references,
      startTime: 1e15 + i,
      duration: i % 9 === 0 ? 900 : 50,
      processID: i % 9 === 0 ? 'shop' : 'stock',
      tags: padding,
    }
  })
  const text = JSON.stringify({ data: [{ ...trace, spans }] })
  expect(text.length).toBeGreaterThan(50e6)
  const begun = performance.now()
  expect(bare(text, 1000).services).toHaveLength(2)
  const last = text.lastIndexOf('"duration":50')
  const broken = `${text.slice(0, last)}"duration":-5${text.slice(last + '"duration":50'.length)}`
  expect(() => bare(broken, 1000)).toThrow(/^data\.0\.spans\.\d+\.duration: -5 is not allowed; .* \(x\.json:1:\d+\)$/)
  expect(() => bare(text.slice(0, -3), 1000)).toThrow('not readable as JSON: it ends too early')
  expect(performance.now() - begun).toBeLessThan(60_000)
})
