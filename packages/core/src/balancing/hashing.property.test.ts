// What is published of the two tables, for any members with any names and weights.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Pickable } from './balancer.ts'
import { HashRing } from './hash-ring.ts'
import type { HashTable } from './hash-table.ts'
import { createLoad } from './load.ts'
import { MAGLEV_SIZE, MaglevTable } from './maglev-table.ts'

/** Hashes evenly over all there are: what they find is the share of the keys, without the noise of drawn ones. */
const PROBES = 1 << 16
const HASHES = Int32Array.from({ length: PROBES }, (_, i) => (i * (2 ** 32 / PROBES) + 2 ** 15) | 0)

const id = fc.oneof(
  fc.string({ minLength: 1, maxLength: 20 }),
  fc.tuple(fc.nat(255), fc.nat(255), fc.nat(65_535)).map(([a, b, port]) => `10.0.${a}.${b}:${port}`),
)
const ids = (max: number) => fc.uniqueArray(id, { minLength: 2, maxLength: max, size: 'max' })

/** Sorted, as the balancer gives them. */
function rowsOf(ids: readonly string[], weightOf: (i: number) => number = () => 1): Pickable[] {
  return [...ids].sort().map((id, i) => ({ id, eligible: true, weight: weightOf(i), load: createLoad() }))
}

/** Who owns each place of the hash space. */
function owners(table: HashTable, rows: readonly Pickable[]): string[] {
  return Array.from(HASHES, (hash) => (rows[table.ownerAt(table.first(hash))] as Pickable).id)
}

function sharesOf(owners: readonly string[]): Map<string, number> {
  const shares = new Map<string, number>()
  for (const owner of owners) shares.set(owner, (shares.get(owner) ?? 0) + 1 / owners.length)
  return shares
}

function moved(before: readonly string[], after: readonly string[], gone: string): number {
  return before.filter((owner, i) => owner !== gone && after[i] !== owner).length / before.length
}

const check = (max: number, property: (ids: string[], which: number) => void): void =>
  fc.assert(fc.property(ids(max), fc.nat(), property), { seed: 39, numRuns: 40, endOnFailure: true })

describe('a ring', () => {
  // Karger et al. 1997: monotone. A row that comes takes keys for itself and moves none between others.
  test('moves no key but those of the row that leaves, or to the row that comes', () => {
    check(40, (ids, which) => {
      const rows = rowsOf(ids)
      const gone = rows[which % rows.length] as Pickable
      const rest = rows.filter((row) => row !== gone)
      const [all, fewer] = [owners(new HashRing(rows), rows), owners(new HashRing(rest), rest)]
      expect(moved(all, fewer, gone.id)).toBe(0)
    })
  })

  // With p points a row's share varies by 1/√p of itself, 9 % at 128. Five deviations.
  const off = (points: number): number => 5 / Math.sqrt(points)

  test('gives each row its share, give or take what its points say', () => {
    check(40, (ids) => {
      const rows = rowsOf(ids)
      const shares = sharesOf(owners(new HashRing(rows), rows))
      for (const { id } of rows) expect(Math.abs((shares.get(id) ?? 0) * rows.length - 1)).toBeLessThan(off(128))
    })
  })

  test('by weight', () => {
    check(20, (ids) => {
      const rows = rowsOf(ids, (i) => (i % 2 === 0 ? 3 : 1))
      const all = rows.reduce((sum, { weight }) => sum + weight, 0)
      const shares = sharesOf(owners(new HashRing(rows), rows))
      for (const { id, weight } of rows) {
        const part = ((shares.get(id) ?? 0) * all) / weight
        expect(Math.abs(part - 1)).toBeLessThan(off(64 * weight))
      }
    })
  })
})

describe('a Maglev table', () => {
  const places = (table: MaglevTable, rows: readonly Pickable[]): string[] =>
    Array.from({ length: MAGLEV_SIZE }, (_, place) => (rows[table.ownerAt(place)] as Pickable).id)

  // Eisenbud et al. 2016, section 3.4: each row takes its turn, so that no two differ by more than one place.
  test('gives each row its share to the last place', () => {
    check(60, (ids) => {
      const rows = rowsOf(ids)
      const counts = sharesOf(places(new MaglevTable(rows), rows))
      for (const { id } of rows)
        expect(Math.abs((counts.get(id) ?? 0) - 1 / rows.length)).toBeLessThan(1.01 / MAGLEV_SIZE)
    })
  })

  test('by weight, to three places', () => {
    check(30, (ids) => {
      const rows = rowsOf(ids, (i) => 1 + (i % 4))
      const all = rows.reduce((sum, { weight }) => sum + weight, 0)
      const counts = sharesOf(places(new MaglevTable(rows), rows))
      for (const { id, weight } of rows) {
        expect(Math.abs((counts.get(id) ?? 0) - weight / all) * MAGLEV_SIZE).toBeLessThan(3)
      }
    })
  })

  // Ibid., section 5.3 (figure 11): with 65,537 places the loss of one row in many moves a few of a hundred of the others'.
  test('moves few keys between rows that stay', () => {
    check(60, (ids, which) => {
      const rows = rowsOf(ids)
      const gone = rows[which % rows.length] as Pickable
      const rest = rows.filter((row) => row !== gone)
      const [all, fewer] = [places(new MaglevTable(rows), rows), places(new MaglevTable(rest), rest)]
      expect(moved(all, fewer, gone.id)).toBeLessThan(0.025)
    })
  })
})
