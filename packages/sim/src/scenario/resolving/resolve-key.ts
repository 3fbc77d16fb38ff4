/**
 * Which key, and which class, a call of a workload has: one for all, or one drawn for each as a pure function of what names the call, so that
 * two policies meet the same keys.
 */
import {
  byKey,
  byKind,
  type Field,
  integer,
  mapOf,
  mix,
  number,
  record,
  refined,
  text,
  uniform,
} from '@seakeep/core/spi'
import { Purpose } from '../../model/purpose.ts'

export type KeyOf = (callKey: number) => string

const keys = integer({ min: 1, max: 1e6 })

const alike = record({ keys }, { finish: ({ keys }): KeyOf => drawAlike(keys) })
const byRank = record(
  { keys, s: number({ default: 1, min: 0, max: 10, about: 'the n-th key is used as often as 1 / n^s' }) },
  { finish: ({ keys, s }): KeyOf => drawByRank(keys, s) },
)

const weights = refined(mapOf(text(), number({ min: 0, max: 1e12 }), { min: 1 }), (given, at) => {
  const all = Object.entries(given)
  if (all.every(([, weight]) => weight === 0)) throw at.error('all weights are 0; at least one must be above it')
  return all
})

/** The key of a call by what names the call. */
export const callKey: Field<KeyOf, ''> = byKind({
  text: refined(
    text(),
    (key): KeyOf =>
      () =>
        key,
  ),
  object: byKey({
    uniform: record({ uniform: alike }, { finish: ({ uniform }): KeyOf => uniform }),
    zipf: record({ zipf: byRank }, { finish: ({ zipf }): KeyOf => zipf }),
    weighted: record(
      { weighted: refined(weights, (all) => drawWeighted(all, Purpose.key)) },
      { finish: ({ weighted }): KeyOf => weighted },
    ),
  }),
})

/** What class a call has: one for all, or one drawn by weight. */
export const callClass: Field<string | KeyOf, ''> = byKind({
  text: text(),
  object: refined(weights, (all) => drawWeighted(all, Purpose.priority)),
})

function drawWeighted(all: readonly (readonly [string, number])[], purpose: number): KeyOf {
  const sum = all.reduce((total, [, weight]) => total + weight, 0)
  const last = all.findLast(([, weight]) => weight > 0)?.[0] ?? ''
  return (callKey) => {
    let left = uniform(mix(callKey, purpose), 0) * sum
    for (const [name, weight] of all) {
      left -= weight
      if (left < 0) return name
    }
    return last
  }
}

function drawAlike(keys: number): KeyOf {
  return (callKey) => `k${1 + Math.floor(chance(callKey) * keys)}`
}

/** By Zipf's law: the inverse of the distribution function, found in a table of it. */
function drawByRank(keys: number, s: number): KeyOf {
  const upTo = new Float64Array(keys)
  let sum = 0
  for (let rank = 1; rank <= keys; rank++) {
    sum += rank ** -s
    upTo[rank - 1] = sum
  }
  return (callKey) => {
    const drawn = chance(callKey) * sum
    let low = 0
    let high = keys - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if (drawn < (upTo[middle] as number)) high = middle
      else low = middle + 1
    }
    return `k${low + 1}`
  }
}

function chance(callKey: number): number {
  return uniform(mix(callKey, Purpose.key), 0)
}
