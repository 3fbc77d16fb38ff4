import { expect, test } from 'vitest'
import { lanesOf, troubledAt } from './lanes.ts'

const about = { caller: 'orders#1', service: 'payments' }

test('a breaker is open, half-open and closed again', () => {
  const events = [
    { atMs: 100, type: 'circuitOpened', why: 'failure ratio 0.6', ...about },
    { atMs: 600, type: 'circuitHalfOpened', ...about },
    { atMs: 700, type: 'circuitClosed', ...about },
  ]
  const [lane] = lanesOf(events, 1000)
  expect(lane).toMatchObject({ name: 'orders#1 > payments', kind: 'breaker', service: 'payments', troubledMs: 600 })
  expect(lane?.stretches).toEqual([
    { state: 'open', fromMs: 100, untilMs: 600, why: 'failure ratio 0.6' },
    { state: 'half-open', fromMs: 600, untilMs: 700, why: '' },
  ])
})

test('what is not over when the run ends lasts to the end', () => {
  const lanes = lanesOf([{ atMs: 400, type: 'endpointEjected', endpoint: 'payments#2', ...about }], 1000)
  expect(lanes[0]).toMatchObject({ name: 'orders#1 > payments#2', troubledMs: 600 })
})

test('the most troubled comes first, and callers are told apart', () => {
  const events = [
    { atMs: 0, type: 'circuitOpened', ...about },
    { atMs: 100, type: 'circuitClosed', ...about },
    { atMs: 50, type: 'circuitOpened', ...about, caller: 'orders#2' },
  ]
  expect(lanesOf(events, 1000).map(({ name }) => name)).toEqual(['orders#2 > payments', 'orders#1 > payments'])
})

test('an instant has those that are in trouble then', () => {
  const lanes = lanesOf(
    [
      { atMs: 10, type: 'circuitOpened', ...about },
      { atMs: 20, type: 'circuitClosed', ...about },
    ],
    100,
  )
  expect(troubledAt(lanes, 'payments', 10)).toHaveLength(1)
  expect(troubledAt(lanes, 'payments', 20)).toHaveLength(0)
  expect(troubledAt(lanes, 'orders', 15)).toHaveLength(0)
})

test('an end without a beginning, and events about other things, make no lane', () => {
  expect(
    lanesOf(
      [
        { atMs: 1, type: 'circuitClosed', ...about },
        { atMs: 2, type: 'faultBegan' },
      ],
      10,
    ),
  ).toEqual([])
})
