import { expect, test } from 'vitest'
import { aboutOf, type EventFilter, filtered, wordsOf } from './events.ts'

const events = [
  { atMs: 100, type: 'faultBegan', fault: 'slow db' },
  { atMs: 200, type: 'circuitOpened', caller: 'web#1', service: 'db', why: '5 of 9' },
  { atMs: 300, type: 'endpointEjected', caller: 'web#2', service: 'db', endpoint: 'db#1' },
  { atMs: 400, type: 'retryBudgetExhausted', caller: 'web#2', service: 'mail' },
]
const all: EventFilter = {
  fromMs: 0,
  toMs: 1000,
  service: undefined,
  text: '',
  kinds: new Set(['fault', 'circuit', 'endpoint', 'other']),
}
const types = (change: Partial<EventFilter>): string[] =>
  filtered(events, { ...all, ...change }).map(({ type }) => type)

test('events are those of the stretch', () => {
  expect(types({ fromMs: 200, toMs: 300 })).toEqual(['circuitOpened', 'endpointEjected'])
})

test('a service keeps what is about it, and the faults', () => {
  expect(types({ service: 'db' })).toEqual(['faultBegan', 'circuitOpened', 'endpointEjected'])
})

test('a word is looked for in what is shown', () => {
  expect(types({ text: 'CIRCUIT opened' })).toEqual(['circuitOpened'])
  expect(types({ text: 'web#2' })).toEqual(['endpointEjected', 'retryBudgetExhausted'])
})

test('kinds can be left out', () => {
  expect(types({ kinds: new Set(['fault']) })).toEqual(['faultBegan'])
})

test('an event is words', () => {
  expect(wordsOf('retryBudgetExhausted')).toBe('retry budget exhausted')
  expect(events.map(aboutOf)).toEqual(['slow db', 'web#1 > db · 5 of 9', 'web#2 > db#1', 'web#2 > mail'])
})
