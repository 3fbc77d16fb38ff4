// What both sides of `pnpm validation reality` are given, and how they are judged; the runs are its own.
import { expect, it } from 'vitest'
import { type Figures, figuresOf, judge } from '../validation/reality/figures.ts'
import { arrivalsOf, ERROR_RATIO, fateOf, PLAN, WORK_P50_MS } from '../validation/reality/plan.ts'
import type { Sample } from '../validation/reality/real-run.ts'
import { runTwin } from '../validation/reality/twin.ts'

const figures: Figures = { goodput: 0.99, p50Ms: 60, p99Ms: 250, amplification: 1.02 }
const withFigure = (values: readonly Partial<Figures>[]): Figures[] => values.map((value) => ({ ...figures, ...value }))

it('calls are due at the rate of the plan, each in a millisecond of its own, alike for one seed', () => {
  const arrivals = arrivalsOf(PLAN, 1, 'http')
  expect(arrivals).toEqual(arrivalsOf(PLAN, 1, 'http'))
  expect(arrivals).not.toEqual(arrivalsOf(PLAN, 1, 'grpc'))
  expect(new Set(arrivals).size).toBe(arrivals.length)
  const expected = (PLAN.rate * PLAN.lengthMs) / 1000
  expect(Math.abs(arrivals.length - expected)).toBeLessThan(4 * Math.sqrt(expected))
})

it('work is as long, and fails as often, as it is said to', () => {
  const fates = Array.from({ length: 4000 }, (_, dueMs) => fateOf(1, 'http', dueMs, 1))
  const longer = fates.filter(({ workMs }) => workMs > WORK_P50_MS).length
  expect(longer / fates.length).toBeCloseTo(0.5, 1)
  expect(fates.filter(({ isFailed }) => isFailed).length / fates.length).toBeCloseTo(ERROR_RATIO, 1)
  expect(fateOf(1, 'http', 7, 2)).not.toEqual(fateOf(1, 'http', 7, 1))
})

it('the twin gives each call the work and the failures that the real fleet gives it', async () => {
  const plan = { servers: 4, rate: 70, lengthMs: 5000, warmupMs: 0 }
  const attemptsOf = (dueMs: number): number => {
    const first = [1, 2].find((attempt) => !fateOf(3, 'grpc', dueMs, attempt).isFailed)
    return first ?? 3
  }
  const arrivals = arrivalsOf(plan, 3, 'grpc')
  const attempts = arrivals.reduce((sum, dueMs) => sum + attemptsOf(dueMs), 0)
  const twin = await runTwin(plan, 3, 'grpc', { http: [0], grpc: [0] })
  expect(attempts).toBeGreaterThan(arrivals.length)
  expect(twin.amplification).toBe(attempts / arrivals.length)
  const samples = arrivals
    .filter((dueMs) => attemptsOf(dueMs) === 1)
    .map((dueMs): Sample => {
      const { workMs: tookMs } = fateOf(3, 'grpc', dueMs, 1)
      return { protocol: 'grpc', dueMs, tookMs, isAnswered: true, attempts: 1 }
    })
  // But for the few that were tried again.
  expect(twin.p50Ms / figuresOf(plan, 'grpc', samples).p50Ms).toBeCloseTo(1, 1)
})

it('late answers are no goodput, failed calls have no latency, and what was due before the warm-up is not counted', () => {
  const sample = (dueMs: number, tookMs: number, isAnswered = true, attempts = 1): Sample => {
    return { protocol: 'http', dueMs, tookMs, isAnswered, attempts }
  }
  const samples = [sample(10, 9000), sample(6000, 60), sample(7000, 300), sample(8000, 900, false, 3)]
  expect(figuresOf(PLAN, 'http', [...samples, { ...sample(6000, 1), protocol: 'grpc' }])).toEqual({
    ...{ goodput: 1 / 3, p50Ms: 60, p99Ms: 300, amplification: 5 / 3 },
  })
})

it('p99 has to lie within the spread of the real runs, the others near their median', () => {
  const reals = withFigure([{ p99Ms: 240 }, { p99Ms: 260 }, { p99Ms: 300 }])
  expect(judge('http', 'p99Ms', reals, withFigure([{ p99Ms: 299 }])).ok).toBe(true)
  expect(judge('http', 'p99Ms', reals, withFigure([{ p99Ms: 301 }])).ok).toBe(false)
  expect(judge('http', 'goodput', reals, withFigure([{ goodput: 0.981 }])).ok).toBe(true)
  expect(judge('http', 'goodput', reals, withFigure([{ goodput: 0.979 }])).ok).toBe(false)
  expect(judge('http', 'p50Ms', reals, withFigure([{ p50Ms: 65.9 }, { p50Ms: 65.9 }, { p50Ms: 90 }])).ok).toBe(true)
  expect(judge('http', 'p50Ms', reals, withFigure([{ p50Ms: 66.1 }])).ok).toBe(false)
  expect(judge('http', 'amplification', reals, withFigure([{ amplification: 1.05 }])).ok).toBe(false)
})
