import { expect, test } from 'vitest'
import { type CheckVerdict, createCheckSlot } from './check-state.ts'
import { HealthCell } from './health-cell.ts'
import { createOutlierSlot } from './outlier-detector.ts'
import { type Evidence, endpointHealth, type ServiceHealth, serviceHealth } from './service-health.ts'

function evidence(left: boolean, verdict: CheckVerdict | undefined, isEjected: boolean, id = 'a'): Evidence {
  return {
    id,
    leftAtMs: left ? 5 : undefined,
    check: verdict === undefined ? undefined : { ...createCheckSlot(), verdict, reason: `says ${verdict}` },
    outlier: { ...createOutlierSlot(), isEjected, ejections: isEjected ? 2 : 0 },
  }
}

test('the first witness that speaks against an endpoint names its state: registration, checks, traffic', () => {
  const verdicts = [undefined, 'unknown', 'healthy', 'unhealthy'] as const
  const table = verdicts.flatMap((verdict) =>
    [false, true].map((isEjected) => [
      verdict,
      isEjected,
      endpointHealth(evidence(false, verdict, isEjected)).state,
      endpointHealth(evidence(true, verdict, isEjected)).state,
    ]),
  )
  expect(table).toEqual([
    [undefined, false, 'healthy', 'gone'],
    [undefined, true, 'ejected', 'gone'],
    ['unknown', false, 'unknown', 'gone'],
    ['unknown', true, 'ejected', 'gone'],
    ['healthy', false, 'healthy', 'gone'],
    ['healthy', true, 'ejected', 'gone'],
    ['unhealthy', false, 'unhealthy', 'gone'],
    ['unhealthy', true, 'unhealthy', 'gone'],
  ])
})

test('the reasons of all are kept, and the usable counted', () => {
  expect(endpointHealth(evidence(true, 'unhealthy', true))).toEqual({
    id: 'a',
    state: 'gone',
    isUsable: false,
    reasons: ['no longer registered', 'checks: says unhealthy', 'traffic: ejected, 2 in a row'],
  })
  const all = [
    evidence(false, 'healthy', false),
    evidence(false, 'unknown', false, 'b'),
    evidence(false, 'healthy', true, 'c'),
  ]
  const health = serviceHealth('orders', [...all, evidence(true, 'healthy', false, 'd')])
  expect([health.endpoints, health.usable, Object.keys(health.byEndpoint)]).toEqual([3, 2, ['a', 'b', 'c', 'd']])
})

test('the cell is put together when it is read or followed, and tells of changes', () => {
  let asked = 0
  let isEjected = false
  const cell = new HealthCell('orders', () => {
    asked++
    return [evidence(false, undefined, isEjected)]
  })
  cell.touch()
  expect(asked).toBe(0)
  const first = cell.value
  expect([first.usable, cell.value === first, asked]).toEqual([1, true, 1])
  const seen: ServiceHealth[] = []
  cell.changes$.subscribe((health) => seen.push(health))
  isEjected = true
  cell.touch()
  expect([seen.length, seen[0]?.usable, cell.value === seen[0]]).toEqual([1, 0, true])
})
