import { expect, test } from 'vitest'
import type { CallDetail } from './detail.ts'
import { rowsOf } from './waterfall-rows.ts'

const hold = { label: 'slow db +800ms', kind: 'slow', atMs: 900, untilMs: 2000, services: ['db'] }

/** A first attempt that times out in line and is worked on all the same, a second that is answered. */
const retried: CallDetail = {
  ...{ id: '1', workload: 'db', atMs: 1000, isGood: true },
  call: {
    ...{ service: 'db', by: 'client#1', from: 0, until: 130, ending: 'ok' },
    attempts: [
      { number: 1, to: 'db#1', from: 0, until: 100, ending: 'timeout', arrived: 1, begun: 80, left: 150 },
      { number: 2, to: 'db#2', from: 110, until: 130, ending: 'ok', arrived: 111, begun: 111, left: 129 },
    ],
  },
}

test('an attempt is on its way, in line, at work, and then for nobody', () => {
  const [, first] = rowsOf(retried, [], 1e6)
  expect(first?.bars).toEqual([
    { phase: 'network', from: 0, until: 1 },
    { phase: 'line', from: 1, until: 80 },
    { phase: 'work', from: 80, until: 100 },
    { phase: 'nobody', from: 100, until: 150 },
  ])
  expect(first?.said).toBe('timeout after 100ms; 79ms in line; worked on for 50ms after its caller had given up')
})

test('what was decided between attempts is said with the later one', () => {
  const [call, , second] = rowsOf(retried, [], 1e6)
  expect(call?.bars).toEqual([{ phase: 'wait', from: 100, until: 110 }])
  expect(call?.said).toBe('ok after 130ms; 2 attempts')
  expect(second).toMatchObject({ label: 'attempt 2: db#2', isOk: true, said: 'tried again after waiting 10ms' })
})

test('a fault is named where it was on at the time, and at the place', () => {
  const [, first] = rowsOf(retried, [hold], 1e6)
  expect(first?.said).toMatch(/; during the fault slow db \+800ms$/)
  const elsewhere = { ...hold, services: ['web'] }
  const later = { ...hold, atMs: 5000, untilMs: null }
  const another = { ...hold, instance: 'db#2' }
  expect(rowsOf(retried, [elsewhere, later, another], 1e6)[1]?.said).not.toContain('fault')
})

test('a call that was never sent says why', () => {
  const call = { service: 'db', by: 'client#1', from: 0, until: 0, ending: 'circuit-open', attempts: [] }
  const [row] = rowsOf({ ...retried, call }, [], 1e6)
  expect(row?.said).toBe('circuit-open after 0ms; refused before sending: the circuit breaker was open')
})

test('a budget that is empty is said to be why there was no further attempt', () => {
  const call = { ...retried.call, ending: 'timeout', stopped: 'retry-budget' }
  expect(rowsOf({ ...retried, call }, [], 1e6)[0]?.said).toContain('not tried again: the retry budget was empty')
})

test('what is open when the run ends lasts until then', () => {
  const attempt = { number: 1, to: 'db#1', from: 0, until: null, ending: 'open', arrived: 1 }
  const call = { ...retried.call, until: null, ending: 'open', attempts: [attempt] }
  const rows = rowsOf({ ...retried, call }, [], 500)
  expect(rows[0]?.said).toBe('still open when the run ended')
  expect(rows[1]?.bars.at(-1)).toEqual({ phase: 'line', from: 1, until: 500 })
})
