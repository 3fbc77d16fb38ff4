import { beforeEach, describe, expect, it } from 'vitest'
import { ManualClock } from '../testing/manual-clock.ts'
import { type Timed, TimeoutQueue } from './timeout-queue.ts'

class Waiting implements Timed {
  previous: Timed | undefined = undefined
  next: Timed | undefined = undefined
  readonly dueMs: number
  readonly #fire: (one: Waiting) => void

  constructor(dueMs: number, fire: (one: Waiting) => void) {
    this.dueMs = dueMs
    this.#fire = fire
  }

  onTimeout(): void {
    this.#fire(this)
  }
}

describe('TimeoutQueue', () => {
  let clock: ManualClock
  let queue: TimeoutQueue
  let fired: [dueMs: number, atMs: number][]

  const add = (dueMs: number): Waiting => {
    const one = new Waiting(dueMs, () => fired.push([dueMs, clock.now()]))
    expect(queue.tryAdd(one, dueMs)).toBe(true)
    return one
  }

  beforeEach(() => {
    clock = new ManualClock()
    queue = new TimeoutQueue(clock)
    fired = []
  })

  it('fires each at its instant, in order, behind one timer', () => {
    for (const dueMs of [10, 10, 12.5, 30]) add(dueMs)
    expect(clock.pending).toBe(1)
    clock.advance(100)
    expect(fired).toEqual([
      [10, 10],
      [10, 10],
      [12.5, 12.5],
      [30, 30],
    ])
    expect([queue.size, clock.pending]).toEqual([0, 0])
  })

  it('lets anybody leave, and keeps to the instants of those who stay', () => {
    const [first, second, third] = [add(10), add(20), add(30)]
    queue.remove(first)
    queue.remove(third)
    clock.advance(100)
    expect(fired).toEqual([[20, 20]])
    expect(second.next).toBeUndefined()
    const later = add(150)
    queue.remove(later)
    clock.advance(100)
    expect(fired).toHaveLength(1)
  })

  it('takes nobody who is due before those who came earlier', () => {
    add(50)
    expect(queue.tryAdd(new Waiting(49, () => {}), 49)).toBe(false)
    expect(queue.size).toBe(1)
  })

  it('serves who is added while it fires', () => {
    const again = new Waiting(10, () => add(20))
    queue.tryAdd(again, again.dueMs)
    clock.advance(100)
    expect(fired).toEqual([[20, 20]])
  })

  it('is not late for those who stand before one that is added while it fires', () => {
    // A swarm found it: a timeout frees a permit, who had waited for that is sent, and its timer was taken for the next.
    queue.tryAdd(new Waiting(10, () => add(1000)), 10)
    add(20)
    clock.advance(100)
    expect(fired).toEqual([[20, 20]])
    clock.advance(1000)
    expect(fired).toEqual([
      [20, 20],
      [1000, 1000],
    ])
  })

  it('takes nobody who is due before the timer of one who has left', () => {
    // Who has waited in line is sent after others, and is due before them.
    queue.remove(add(50))
    expect(queue.tryAdd(new Waiting(20, () => {}), 20)).toBe(false)
    expect(queue.size).toBe(0)
    clock.advance(50)
    add(70)
    clock.advance(50)
    expect(fired).toEqual([[70, 70]])
  })

  it('goes on after one that throws', () => {
    queue.tryAdd(
      new Waiting(10, () => {
        throw new Error('one')
      }),
      10,
    )
    add(10)
    add(40)
    expect(() => clock.advance(10)).toThrow('one')
    clock.advance(100)
    expect(fired.map(([dueMs]) => dueMs)).toEqual([10, 40])
  })

  it('leaves no timer behind once it is closed and empty', () => {
    const one = add(10)
    queue.close()
    expect(clock.pending).toBe(1)
    queue.remove(one)
    expect(clock.pending).toBe(0)
    queue.remove(add(20))
    expect(clock.pending).toBe(0)
  })

  it('holds the process while somebody waits, and no longer', () => {
    const held: number[] = []
    let holds = 0
    const holding = Object.assign(clock, {
      hold: () => held.push(++holds),
      release: () => held.push(--holds),
    })
    queue = new TimeoutQueue(holding)
    const [one, other] = [add(10), add(20)]
    queue.remove(one)
    queue.remove(other)
    add(30)
    clock.advance(50)
    expect(held).toEqual([1, 0, 1, 0])
    expect(queue.isBackground).toBe(true)
  })
})
