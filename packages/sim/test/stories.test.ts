/**
 * The stories that `seakeep demo` tells are claims about what policies do and why their defaults are what they are; here
 * they are held to them, on one seed (online-boutique in `demo-story.test.ts`). Goodput is of the workload each story is
 * about; distances leave room for other seeds: the figures of five lie within a point or two of each other.
 */
import { describe, expect, test } from 'vitest'
import { PRESETS } from '../src/cli/presets.ts'
import type { RunDocument } from '../src/recording/run-document.ts'
import { runScenario } from '../src/running/run-scenario.ts'
import { loadScenario, resolveLoaded } from '../src/scenario/node-load-scenario.ts'

interface Claim {
  /** Least goodput of the side `seakeep`. */
  readonly atLeast: number
  /** By how much it is better than other sides; below 0 where a story says that another choice is better. */
  readonly better: Readonly<Record<string, number>>
  /** What else is told. */
  readonly also?: (runs: Readonly<Record<string, RunDocument>>) => void
}

const CLAIMS: Readonly<Record<string, Claim>> = {
  'retry-storm': {
    atLeast: 0.5,
    better: { 'no-budget': 0.3, breaker: -0.35, 'no-retries': -0.3 },
    also: ({ seakeep, 'no-budget': unbounded }) => {
      expect(recoveryMs(seakeep, 'db')).toBeLessThan(35_000)
      expect(recoveryMs(unbounded, 'db')).toBeNull()
      expect(goodputOver(unbounded, 'db', -20)).toBeLessThan(0.01)
    },
  },
  'layered-retries': {
    atLeast: 0.76,
    better: { 'every-tier': 0.5, 'chain-stop': 0.5, bare: -0.01 },
    also: ({ seakeep, bare, 'every-tier': unbounded, 'chain-stop': chainStop }) => {
      expect(arrivals(seakeep, 'db')).toBeLessThan(1.3 * arrivals(bare, 'db'))
      expect(arrivals(chainStop, 'db')).toBeLessThan(0.85 * arrivals(unbounded, 'db'))
      expect(recoveryMs(unbounded, 'gateway')).toBeNull()
    },
  },
  blip: { atLeast: 0.98, better: { bare: 0.02, none: 0.008, full: 0.012 } },
  'crashed-instance': {
    atLeast: 0.999,
    better: { bare: 0.05, 'round-robin': 0.001 },
    also: ({ seakeep }) => expect(seakeep?.edges['client>orders']?.amplification).toBeLessThan(1.01),
  },
  'slow-dependency': { atLeast: 0.92, better: { 'no-timeout': 0.2, 'long-timeout': 0.2 } },
  tail: {
    atLeast: 0.99,
    better: { bare: 0.01, eager: 0.9 },
    also: ({ seakeep }) => expect(seakeep?.edges['client>search']?.amplification).toBeLessThan(1.06),
  },
  'dead-dependency': { atLeast: 0.9, better: { 'no-breaker': 0.25, consecutive: -0.1 } },
  'cold-restart': {
    atLeast: 0.77,
    better: { 'no-breaker': 0.1, 'no-ramp': 0.04 },
    also: ({ seakeep, 'no-ramp': noRamp }) =>
      expect(recoveryMs(seakeep, 'db')).toBeLessThan(recoveryMs(noRamp, 'db') ?? 0),
  },
  'dead-instance': { atLeast: 0.98, better: { bare: 0.07, 'service-wide': 0.3 } },
  'gray-instance': {
    atLeast: 0.999,
    better: { bare: 0.007, consecutive: 0.007, 'success-rate': 0.001 },
    also: ({ consecutive, 'success-rate': rates }) => {
      expect(happened(consecutive, 'endpointEjected')).toBe(0)
      expect(happened(rates, 'endpointEjected')).toBeGreaterThan(0)
    },
  },
  'small-cluster': { atLeast: 0.999, better: { bare: 0.15, 'rounded-down': 0.15 } },
  'black-hole': { atLeast: 0.999, better: { bare: 0.04, random: 0.04 } },
  'uneven-fleet': {
    atLeast: 0.999,
    better: { bare: 0.4, p2c: 0 },
    also: ({ seakeep, p2c }) => expect(p99(seakeep, 'search')).toBeLessThan(p99(p2c, 'search')),
  },
  'zone-outage': {
    atLeast: 0.98,
    better: { never: 0.5, 'at-once': -0.005 },
    also: ({ seakeep, 'at-once': atOnce }) => expect(far(seakeep)).toBeLessThan(0.7 * far(atOnce)),
  },
  panic: { atLeast: 0.98, better: { 'no-panic': 0.4, 'ten-percent': -0.005 } },
  'cold-deploy': { atLeast: 0.99, better: { 'no-slow-start': 0.05, ewma: -0.01 } },
  'quiet-instance': { atLeast: 0.99, better: { bare: 0.1, 'traffic-only': 0.04, outlier: 0.02 } },
  overload: {
    atLeast: 0.78,
    better: { bare: 0.4, 'no-line': 0.05, codel: 0.01, lifo: -0.03, gradient: -0.03 },
    also: ({ lifo }) => expect(p99(lifo, 'steady')).toBeGreaterThan(1000),
  },
  'unknown-capacity': { atLeast: 0.7, better: { bare: 0.4, 'fixed-200': 0.04, 'fixed-60': -0.08 } },
  priorities: { atLeast: 0.99, better: { bare: 0.9, fifo: 0.3 } },
  'noisy-neighbour': { atLeast: 0.99, better: { bare: 0.5, shared: 0.4 } },
  'refusing-backend': {
    atLeast: 0.7,
    better: { bare: 0.45 },
    also: ({ seakeep, bare }) => expect(arrivals(seakeep, 'api')).toBeLessThan(0.2 * arrivals(bare, 'api')),
  },
  'cache-stampede': {
    atLeast: 0.999,
    better: { bare: 0.9, 'cache-only': 0.4, coalesce: 0 },
    also: ({ seakeep, coalesce }) => expect(p99(seakeep, 'catalog')).toBeLessThan(p99(coalesce, 'catalog')),
  },
  'lost-cache': {
    atLeast: 0.96,
    better: { bare: 0.05, 'no-limit': 0.4, breaker: 0.2 },
    also: ({ seakeep, breaker, 'no-limit': noLimit }) => {
      expect(recoveryMs(noLimit, 'app')).toBeNull()
      expect(goodputOver(noLimit, 'app', -20)).toBeLessThan(0.5)
      expect(recoveryMs(seakeep, 'app')).toBeLessThan(recoveryMs(breaker, 'app') ?? Number.POSITIVE_INFINITY)
    },
  },
  'backend-outage': { atLeast: 0.999, better: { bare: 0.45, 'cache-only': 0.4 } },
  canary: { atLeast: 0.97, better: { bare: 0.15, 'no-split': 0.08, mirror: -0.03 } },
  'hot-key': { atLeast: 0.999, better: { unbounded: 0.2, bare: -0.001 } },
  zones: {
    atLeast: 0.99,
    better: { 'no-outlier': 0.2, 'ten-percent': 0.15, blind: -0.01 },
    also: ({ seakeep }) => expect(seakeep?.workload.outside?.goodput).toBeGreaterThan(0.999),
  },
  'registry-outage': { atLeast: 0.999, better: { bare: 0.06 } },
}

const STORIES = PRESETS.filter(({ name }) => name !== 'online-boutique')

test('every story claims something of each of its sides', () => {
  expect(Object.keys(CLAIMS)).toEqual(STORIES.map(({ name }) => name))
  for (const { name, sides } of STORIES) {
    const told = sides.map(({ id }) => id).filter((id) => id !== 'seakeep')
    expect(Object.keys(CLAIMS[name]?.better ?? {}).sort()).toEqual(told.sort())
  }
})

describe.each(STORIES)('$name', ({ name, file, workload, sides }) => {
  test('turns out as it is told', async () => {
    const loaded = await loadScenario(file)
    const runs: { [side: string]: RunDocument } = {}
    for (const { id, policies } of sides) {
      runs[id] = (await runScenario(resolveLoaded(loaded, { policies }))).document
    }
    const { atLeast, better, also } = CLAIMS[name] as Claim
    const goodput = (side: string): number => runs[side]?.workload[workload]?.goodput ?? Number.NaN
    const { seakeep } = runs
    expect(seakeep?.thresholds.filter(({ ok }) => !ok)).toEqual([])
    expect(seakeep?.passed).toBe(true)
    expect(goodput('seakeep')).toBeGreaterThanOrEqual(atLeast)
    for (const [side, by] of Object.entries(better)) {
      expect(goodput('seakeep') - goodput(side), `better than ${side} by`).toBeGreaterThanOrEqual(by)
    }
    also?.(runs)
    // The same users come, whatever the policies.
    expect(new Set(Object.values(runs).map((run) => run.workload[workload]?.offered)).size).toBe(1)
  }, 30_000)
})

function recoveryMs(run: RunDocument | undefined, workload: string): number | null {
  const recovery = run?.thresholds.find(({ metric }) => metric === `${workload}.recovery`)
  if (recovery === undefined) throw new Error(`no recovery of ${workload} is asked for`)
  return recovery.value
}

/** Mean goodput of the last steps. */
function goodputOver(run: RunDocument | undefined, workload: string, last: number): number {
  const steps = (run?.timeline.series[`${workload}.goodput`] ?? []).slice(last).filter((step) => step !== null)
  return steps.reduce((sum, step) => sum + step, 0) / steps.length
}

function arrivals(run: RunDocument | undefined, service: string): number {
  return run?.services[service]?.server.arrivals ?? Number.NaN
}

/** What the standby instances of `zone-outage` got. */
function far(run: RunDocument | undefined): number {
  const instances = Object.values(run?.services.orders?.instances ?? {})
  return instances.slice(6).reduce((sum, one) => sum + one.arrivals, 0)
}

function p99(run: RunDocument | undefined, workload: string): number {
  return run?.workload[workload]?.latencyMs.p99 ?? Number.NaN
}

function happened(run: RunDocument | undefined, type: string): number {
  return run?.events$.filter((event) => event.type === type).length ?? Number.NaN
}
