import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../random/seeded-random.ts'
import { LinkedList } from './linked-list.ts'

interface Node {
  readonly id: number
  previous: Node | undefined
  next: Node | undefined
}

function orderOf(list: LinkedList<Node>): number[][] {
  const forward: number[] = []
  const back: number[] = []
  for (let node = list.first; node !== undefined; node = node.next) forward.push(node.id)
  for (let node = list.last; node !== undefined; node = node.previous) back.unshift(node.id)
  return [forward, back]
}

describe('LinkedList', () => {
  it('keeps the order of an array through any joining and leaving', () => {
    const chance = new SeededRandom(1).stream('list')
    const list = new LinkedList<Node>()
    const model: Node[] = []
    for (let id = 0; id < 5000; id++) {
      const node: Node = { id, previous: undefined, next: undefined }
      const what = Math.floor(chance.next() * 5)
      if (what === 0) {
        list.prepend(node)
        model.unshift(node)
      } else if (what <= 2) {
        list.append(node)
        model.push(node)
      } else if (what === 3) {
        expect(chance.next() < 0.5 ? list.shift() === model.shift() : list.pop() === model.pop()).toBe(true)
      } else if (model.length > 0) {
        const [left] = model.splice(Math.floor(chance.next() * model.length), 1)
        if (left !== undefined) list.remove(left)
      }
      expect(list.size).toBe(model.length)
    }
    const ids = model.map((node) => node.id)
    expect(orderOf(list)).toEqual([ids, ids])
    list.clear()
    expect([list.size, list.shift(), list.pop()]).toEqual([0, undefined, undefined])
  })
})
