import { describe, expect, it } from 'vitest'
import type { Instance, Snapshot } from './endpoint.ts'
import { carryOver, diffSnapshots, sameInstance } from './snapshot.ts'

function instance(id: string, more: Partial<Instance> = {}): Instance {
  return { id, service: 'orders', address: { host: '10.0.0.1', port: 80 }, protocol: 'http', weight: 1, ...more }
}
const snapshot = (...endpoints: Instance[]): Snapshot => ({ service: 'orders', endpoints, revision: 1 })

describe('sameInstance', () => {
  it('compares by content, all fields', () => {
    const full = { zone: 'z1', version: '2', meta: { a: '1', b: '2' } }
    expect(sameInstance(instance('a', full), instance('a', { ...full, meta: { b: '2', a: '1' } }))).toBe(true)
    const others: Partial<Instance>[] = [
      { id: 'b' },
      { service: 'payments' },
      { address: { host: '10.0.0.2', port: 80 } },
      { address: { host: '10.0.0.1', port: 81 } },
      { protocol: 'grpc' },
      { weight: 2 },
      { zone: 'z2' },
      { version: '3' },
      { meta: { a: '1' } },
      { meta: { a: '1', b: '3' } },
      { meta: { a: '1', c: '2' } },
    ]
    for (const other of others) {
      expect(sameInstance(instance('a', full), instance('a', { ...full, ...other }))).toBe(false)
      expect(sameInstance(instance('a', { ...full, ...other }), instance('a', full))).toBe(false)
    }
  })

  it('takes no meta and empty meta for the same, and is not fooled by inherited names', () => {
    expect(sameInstance(instance('a'), instance('a', { meta: {} }))).toBe(true)
    expect(sameInstance(instance('a', { meta: { constructor: 'x' } }), instance('a', { meta: { a: 'x' } }))).toBe(false)
  })
})

describe('diffSnapshots', () => {
  it('tells what came, changed and left', () => {
    const [a, b, c] = [instance('a'), instance('b'), instance('c')]
    const heavier = instance('b', { weight: 5 })
    expect(diffSnapshots(snapshot(a, b), snapshot(heavier, c))).toEqual({
      added: [c],
      updated: [heavier],
      removed: [a],
    })
  })

  it('finds nothing between equal contents, in whatever order', () => {
    const nothing = { added: [], updated: [], removed: [] }
    expect(diffSnapshots(snapshot(instance('a'), instance('b')), snapshot(instance('b'), instance('a')))).toEqual(
      nothing,
    )
  })
})

describe('carryOver', () => {
  it('keeps the list where nothing changed, and the objects that did not', () => {
    const before = [instance('a'), instance('b')]
    expect(carryOver(before, [instance('a'), instance('b')])).toBe(before)
    expect(carryOver(before, [instance('b'), instance('a')])).toBe(before)
    const after = carryOver(before, [instance('b', { weight: 2 }), instance('a'), instance('c')])
    expect(after.map(({ id }) => id)).toEqual(['b', 'a', 'c'])
    expect(after[1]).toBe(before[0])
    expect(after[0]).not.toBe(before[1])
    expect(Object.isFrozen(after)).toBe(true)
  })

  it('notices that the last one left, and takes the first of two with one id', () => {
    expect(carryOver([instance('a')], [])).toEqual([])
    const twice = carryOver([], [instance('a', { weight: 1 }), instance('a', { weight: 2 })])
    expect(twice).toEqual([instance('a', { weight: 1 })])
    expect(carryOver(twice, [instance('a'), instance('a', { weight: 2 })])).toBe(twice)
  })

  it('shares a frozen list that it can take as it is, and no other', () => {
    const list = Object.freeze([instance('a'), instance('b')])
    expect(carryOver([], list)).toBe(list)
    const [a] = list
    const next = Object.freeze([a as Instance, instance('c')])
    expect(carryOver(list, next)).toBe(next)
    expect(carryOver([instance('a')], list)).not.toBe(list)
    const twice = Object.freeze([instance('a'), instance('a')])
    expect(carryOver([], twice)).not.toBe(twice)
    const open = [instance('a')]
    expect(carryOver([], open)).not.toBe(open)
  })
})
