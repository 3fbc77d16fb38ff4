import { expect, test } from 'vitest'
import { readLink, writeLink } from './link.ts'

const choice = { t: 12_500, from: 10_000, to: 20_000, service: 'a b', call: '0f', theme: 0 }

test('a choice comes back from its link', () => {
  const { theme: _, ...linked } = choice
  expect(readLink(`#${writeLink(choice, 60_000)}`, 60_000)).toEqual(linked)
})

test('the whole run is not written', () => {
  expect(writeLink({ ...choice, from: 0, to: 60_000, service: undefined, call: undefined }, 60_000)).toBe('t=12.5')
})

test('what cannot be used is left out', () => {
  expect(readLink('#t=x&from=20&to=10', 60_000)).toEqual({})
  expect(readLink('#t=99', 60_000)).toEqual({ t: 60_000 })
})
