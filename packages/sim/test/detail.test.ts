/** A run recorded in detail is the same run, and what is recorded of it agrees with its books. */
import { describe, expect, test } from 'vitest'
import { detailStepMs } from '../src/recording/detail-recorder.ts'
import type { RunDetail } from '../src/recording/run-detail.ts'
import { type SimulatedRun, simulate } from '../src/running/simulate.ts'
import type { ScenarioData } from '../src/scenario/scenario-data.ts'

const SCENARIO: ScenarioData = {
  name: 'shop',
  duration: '20s',
  topology: {
    web: { replicas: 2, steps: [{ work: '1ms' }, { call: 'db' }] },
    db: { replicas: 2, concurrency: 4, work: { exponential: { mean: '5ms' } } },
  },
  workload: [{ poisson: { to: 'web', rate: 60, deadline: '300ms' } }],
  faults: [{ at: '8s', slow: { target: 'db', add: '200ms', for: '4s' } }],
  policies: {
    version: 1,
    targets: {
      '*': { retry: { attemptTimeout: '60ms' }, circuitBreaker: { minimumCalls: 5 }, concurrency: { limit: 30 } },
    },
  },
}

function sameBut({ metric: _, wallMs: __, detail: ___, ...rest }: SimulatedRun): object {
  return rest
}
const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0)

describe('the detail of a run', async () => {
  const run = await simulate(SCENARIO, { inDetail: true })
  const detail = run.detail as RunDetail

  test('changes nothing else of the document, the trace least of all', async () => {
    const plain = await simulate(SCENARIO)
    expect(plain.detail).toBeUndefined()
    expect(sameBut(run)).toEqual(sameBut(plain))
  })

  test('is the same for the same seed', async () => {
    expect((await simulate(SCENARIO, { inDetail: true })).detail).toEqual(detail)
  })

  test('has as many calls and attempts as the books', () => {
    for (const [name, edge] of Object.entries(run.edges)) {
      const own = detail.edges[name]
      expect(sum(own?.calls ?? []), name).toBe(edge.calls)
      expect(sum(own?.attempts ?? []), name).toBe(edge.attempts)
      for (const [ending, n] of Object.entries(edge.outcomes))
        if (ending !== 'ok') expect(sum(own?.endings?.[ending] ?? []), `${name} ${ending}`).toBe(n)
    }
    const web = detail.workload.web
    expect(sum(web?.offered ?? [])).toBe(run.workload.web?.offered)
    expect(sum(web?.good ?? []) / sum(web?.offered ?? [])).toBeCloseTo(run.workload.web?.goodput ?? 0, 2)
    expect(sum((web?.heat.steps ?? []).flatMap(([, ...counts]) => counts))).toBe(run.workload.web?.succeeded)
  })

  test('has the mean number present that Little’s law asks for', () => {
    const present = detail.services.db?.present ?? []
    expect(sum(present) / present.length).toBeCloseTo(run.services.db?.server.present ?? 0, 0)
  })

  test('has limits with what they let in', () => {
    const limit = detail.limits['web>db']
    expect(Math.max(...(limit?.limit ?? []).map(Number))).toBe(60)
    expect(Math.max(...(limit?.inFlight ?? []).map(Number))).toBeGreaterThan(0)
  })

  test('keeps the worst calls whole, the worst of all among them', () => {
    const bad = detail.calls.filter(({ isGood }) => !isGood)
    expect(bad.length).toBeGreaterThan(0)
    expect(detail.calls.some(({ call }) => call.attempts.length > 1)).toBe(true)
    const made = detail.calls.flatMap(({ call }) => call.attempts.flatMap(({ calls = [] }) => calls))
    expect(new Set(made.map(({ service }) => service))).toEqual(new Set(['db']))
    const longest = Math.max(
      ...detail.calls.filter(({ call }) => call.ending === 'ok').map(({ call }) => call.until ?? 0),
    )
    expect(longest).toBeCloseTo(run.workload.web?.latencyMs.max ?? 0, 3)
    for (const { call } of detail.calls) {
      for (const { from, arrived = from, begun = arrived, left = begun } of call.attempts) {
        expect([from, arrived, begun, left]).toEqual([from, arrived, begun, left].sort((a, b) => a - b))
      }
    }
  })

  test('says whom a fault strikes', () => {
    expect(detail.faults).toEqual([
      { label: 'slow db +200ms', kind: 'slow', atMs: 8000, untilMs: 12_000, services: ['db'] },
    ])
  })
})

test('steps are few enough to draw, and fewer where many services share the document', () => {
  expect(detailStepMs(20_000, 3)).toBe(100)
  expect(detailStepMs(60_000, 3)).toBe(250)
  expect(detailStepMs(600_000, 3)).toBe(2000)
  expect(detailStepMs(60_000, 1000)).toBe(500)
  expect(detailStepMs(7 * 86_400_000, 3)).toBe(34 * 60_000)
})
