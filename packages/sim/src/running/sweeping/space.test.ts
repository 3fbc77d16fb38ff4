import { expect, test } from 'vitest'
import { drawn, grid, parseAxis } from './space.ts'

const POLICIES = { policies: { payments: {} }, targets: { orders: {} } }
const texts = (text: string): readonly string[] => parseAxis(text, POLICIES).settings.map((setting) => setting.text)

test.each([
  ['a=1..4', ['a=1', 'a=2', 'a=3', 'a=4']],
  ['a=1..9:4', ['a=1', 'a=5', 'a=9']],
  ['a=0.1..0.3:0.1', ['a=0.1', 'a=0.2', 'a=0.3']],
  ['a=100ms..1600ms', ['a=100ms', 'a=200ms', 'a=400ms', 'a=800ms', 'a=1.6s']],
  ['a=1s..2s:500ms', ['a=1s', 'a=1.5s', 'a=2s']],
  ['a=p2c, random', ['a=p2c', 'a=random']],
  [
    'policies.payments.timeout=1s,2s',
    ['policies.policies.payments.timeout=1s', 'policies.policies.payments.timeout=2s'],
  ],
  ['policies.orders.timeout=1s,2s', ['policies.targets.orders.timeout=1s', 'policies.targets.orders.timeout=2s']],
  ['policies.targets.x.timeout=1s,2s', ['policies.targets.x.timeout=1s', 'policies.targets.x.timeout=2s']],
])('%s', (text, values) => {
  expect(texts(text)).toEqual(values)
})

test.each([
  ['a', 'varies nothing'],
  ['a=1', 'has one value only'],
  ['a=4..1', 'ends before it begins'],
  ['a=1..x', 'x is no number and no duration'],
  ['a=1..1000000:1', 'no step that ends'],
])('%s is refused', (text, problem) => {
  expect(() => parseAxis(text, undefined)).toThrow(problem)
})

test('a grid is every combination; drawn are some, the same for the same seed', () => {
  const axes = [parseAxis('a=1..3', undefined), parseAxis('b=1..20', undefined)]
  expect(grid(axes)).toHaveLength(60)
  const names = (seed: number): string[] =>
    drawn(axes, 10, seed).map((point) => point.map(({ text }) => text).join(' '))
  expect(new Set(names(1)).size).toBe(10)
  expect(names(1)).toEqual(names(1))
  expect(names(1)).not.toEqual(names(2))
  expect(drawn(axes, 100, 1)).toEqual(grid(axes))
})
