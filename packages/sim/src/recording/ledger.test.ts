import { describe, expect, test } from 'vitest'
import { type Account, Ledger } from './ledger.ts'

class Notes implements Account {
  readonly read: number[][] = []
  post(entries: Float64Array, order: Uint32Array, from: number, until: number): void {
    for (let i = from; i < until; i++) this.read.push([...entries.subarray(order[i]!, order[i]! + 4)])
  }
}

describe('the ledger', () => {
  test('posts to each account what was noted for it, in the order it was noted', () => {
    const ledger = new Ledger()
    const [one, other] = [new Notes(), new Notes()]
    const [first, second] = [ledger.open(one), ledger.open(other)]
    ledger.note(first, 1, 0.5, -1, 2 ** 52)
    ledger.note(second, 2, 0, 0, 0)
    ledger.note(first, 3, 0, 0, 0)
    expect(one.read).toEqual([])
    ledger.settle()
    ledger.settle()
    expect(one.read).toEqual([
      [1, 0.5, -1, 2 ** 52],
      [3, 0, 0, 0],
    ])
    expect(other.read).toEqual([[2, 0, 0, 0]])
  })

  test('nothing is lost, and no order, when there are more notes than it keeps', () => {
    const ledger = new Ledger()
    const accounts = Array.from({ length: 3000 }, () => new Notes())
    for (const account of accounts) ledger.open(account)
    const notes = 200_000
    for (let i = 0; i < notes; i++) ledger.note((i * 7919) % accounts.length, i, 0, 0, 0)
    ledger.settle()
    const read = accounts.map((account) => account.read.map(([number]) => number!))
    expect(read.flat()).toHaveLength(notes)
    for (const [account, numbers] of read.entries()) {
      expect(numbers.every((number) => (number * 7919) % accounts.length === account)).toBe(true)
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
    }
  })
})
