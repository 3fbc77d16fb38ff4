import { expect, test } from 'vitest'
import { resolveScenario } from '../../src/scenario/resolving/resolve-scenario.ts'
import { fakeRun } from '../../test/fake-run.ts'
import type { RunDocument } from './detail.ts'
import { partingMs, storyOf } from './story.ts'

const scenario = resolveScenario({
  name: 'shop',
  duration: '10s',
  topology: { db: {} },
  workload: [{ poisson: { to: 'db', rate: 10 } }],
})

/** Ten calls a second, of which so many were good. */
function run(good: number[], attempts = good.map(() => 10), change: Partial<RunDocument> = {}): RunDocument {
  const offered = good.map(() => 10)
  const none = good.map(() => null)
  const detail = {
    ...{ stepMs: 1000, durationMs: 10_000, warmupMs: 0, services: {}, limits: {}, calls: [] },
    faults: [{ label: 'slow db', kind: 'slow', atMs: 3000, untilMs: 5000, services: ['db'] }],
    edges: { 'client>db': { calls: offered, bad: [], attempts } },
    workload: {
      db: {
        ...{
          target: 'db',
          offered,
          good,
          endings: { timeout: good.map((n) => 10 - n) },
          p50: none,
          p95: none,
          p99: none,
        },
        heat: { lowestMs: 1, perOctave: 1, steps: [] },
      },
    },
  }
  return fakeRun(scenario, { detail, ...change })
}
const texts = (one: RunDocument): string[] => storyOf(one).map(({ text }) => text)

test('a fall and a return are told with their instants, in the order they came', () => {
  expect(texts(run([10, 10, 10, 4, 2, 6, 10, 10, 10, 10]))).toEqual([
    'Fault: slow db, for 2s.',
    'db: goodput fell to 20.0% at 0:04, from 100% before the first fault.',
    'db: goodput back above 98.0% from 0:06 on.',
  ])
})

test('what did not come back is said so', () => {
  expect(texts(run([10, 10, 10, 0, 0, 0, 0, 0, 0, 0]))).toContain('db: goodput had not come back when the run ended.')
})

test('a run in which nothing fell says that', () => {
  expect(texts(run(Array(10).fill(10)))).toContain('db: never below 100% goodput.')
})

test('attempts beyond calls are told where they were most', () => {
  const attempts = [10, 10, 10, 30, 10, 10, 10, 10, 10, 10]
  expect(texts(run(Array(10).fill(10), attempts))).toContain(
    'client>db: 3.00 attempts a call at 0:03 (1.10 over the run).',
  )
})

test('breakers are counted, the first is named', () => {
  const events$ = [
    { atMs: 3200, type: 'circuitOpened', caller: 'client#2', service: 'db' },
    { atMs: 3300, type: 'circuitOpened', caller: 'client#1', service: 'db' },
  ]
  expect(texts(run(Array(10).fill(10), undefined, { events$ }))).toContain(
    '2 circuit breakers opened, first client#2 > db.',
  )
})

test('two runs part after the last hash they share', () => {
  const hashes = (...all: string[]) => all.map((hash, i) => ({ atMs: (i + 1) * 1000, hash }))
  const a = fakeRun(scenario, { traceHash: 'a', traceHashes: hashes('1', '2', '3') })
  const b = fakeRun(scenario, { traceHash: 'b', traceHashes: hashes('1', '2', '4') })
  expect(partingMs(a, b)).toBe(2000)
  expect(partingMs(a, a)).toBeUndefined()
})
