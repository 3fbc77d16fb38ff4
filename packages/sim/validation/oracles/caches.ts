// Caches: what they have, by the stream of keys; and what becomes of a database when they have lost it.
import type { RunDocument } from '../../src/recording/run-document.ts'
import type { ScenarioData, TopologyData } from '../../src/scenario/scenario-data.ts'
import { lasting, seconds, serverOf, thresholdValue } from './figures.ts'
import type { Oracle } from './oracle.ts'

/**
 * Share of hits of an LRU cache under independent draws by Zipf's law, after Che, Tung and Wang (Hierarchical Web Caching
 * Systems, 2002): a key is there if it was asked for within the time in which so many different ones are as it holds.
 */
export function che(keys: number, s: number, size: number): number {
  const weights = Array.from({ length: keys }, (_, i) => (i + 1) ** -s)
  const sum = weights.reduce((a, b) => a + b)
  const shares = weights.map((weight) => weight / sum)
  const seen = (t: number): number => shares.reduce((held, q) => held + 1 - Math.exp(-q * t), 0)
  let [low, high] = [0, 1e9]
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2
    if (seen(middle) < size) low = middle
    else high = middle
  }
  return shares.reduce((hits, q) => hits + q * (1 - Math.exp(-q * low)), 0)
}

const hitRatios: Oracle[] = [
  [10_000, 1, 100],
  [1000, 0.8, 200],
].map(([keys = 0, s = 0, size = 0]) => ({
  id: `Che ${size} of ${keys}`,
  name: `LRU cache of ${size} among ${keys} keys by Zipf's law, s ${s}: share of hits`,
  theory: che(keys, s, size),
  compare: 'absolute',
  tolerance: 0.01,
  arrivals: 300_000,
  scenario: (arrivals) => ({
    name: 'cache',
    ...lasting(arrivals, 1000),
    network: { latency: 0 },
    topology: { server: { cache: { size } } },
    workload: [{ poisson: { to: 'server', rate: 1000, key: { zipf: { keys, s } } } }],
  }),
  measure(run) {
    const { hits, misses } = serverOf(run).cache ?? { hits: 0, misses: 0 }
    return hits / (hits + misses)
  },
}))

const FLUSHED_AT = 20
/** Nine in ten are there. */
const KEYS = { uniform: { keys: 1000 } } as const
const CACHE = { size: 900, warm: true } as const

/** A database of 300 a second behind a cache that is lost; users wait for a second (Bronson et al., HotOS'21). */
function lost(rate: number, duration: number, kind: 'aside' | 'through' | 'once'): () => ScenarioData {
  const db = { concurrency: 1, work: 1000 / 300 }
  const aside: TopologyData = { app: { cache: CACHE, calls: ['db'] }, db }
  const cache = { cache: { ...CACHE, coalesce: kind === 'once' }, calls: ['db'] }
  const through: TopologyData = { app: { calls: ['cache'] }, cache, db }
  return () => ({
    name: 'lost cache',
    duration: seconds(duration),
    warmup: '5s',
    network: { latency: 0 },
    // A deadline is handed down: with one here the cache, too, would give up its fetch.
    ...(kind === 'aside' ? { policies: { version: 1, targets: { 'app>db': { timeout: '1s' } } } } : {}),
    topology: kind === 'aside' ? aside : through,
    workload: [{ poisson: { to: 'app', rate, deadline: '1s', key: KEYS } }],
    faults: [{ at: seconds(FLUSHED_AT), flush: { target: kind === 'aside' ? 'app' : 'cache' } }],
    thresholds: { 'app.recovery': `time<${duration}s` },
  })
}

const hasRecovered = (run: RunDocument): number => (thresholdValue(run, 'app.recovery') === null ? 0 : 1)

const verdict = (
  id: string,
  name: string,
  theory: 0 | 1,
  scenario: () => ScenarioData,
  quickSeeds = 1,
  seeds = 5,
): Oracle => ({
  id: `M6 ${id}`,
  name: `${name}: recovers`,
  theory,
  compare: 'absolute',
  tolerance: 0,
  arrivals: 0,
  seeds,
  quickSeeds,
  scenario,
  measure: hasRecovered,
})

const lostCache: Oracle[] = [
  verdict(
    'aside 2500',
    '2500/s, 90 % hits, reads that time out do not fill the cache that was lost',
    0,
    lost(2500, 80, 'aside'),
  ),
  verdict('aside 250', '250/s, which the database can serve by itself', 1, lost(250, 60, 'aside')),
  verdict(
    'through 2500',
    '2500/s, what comes too late for its user fills the cache all the same',
    1,
    lost(2500, 400, 'through'),
    0,
    2,
  ),
  verdict('once 2500', 'the same, each key fetched once', 1, lost(2500, 60, 'once')),
]

export const caches: readonly Oracle[] = [...hitRatios, ...lostCache]
