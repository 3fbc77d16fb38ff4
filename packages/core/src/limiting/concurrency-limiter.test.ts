import { describe, expect, test } from 'vitest'
import { Sfc32 } from '../random/sfc32.ts'
import { ConcurrencyLimiter } from './concurrency-limiter.ts'
import type { LimiterState, Waiter } from './limiter.ts'

class Waiting implements Waiter {
  previous: Waiter | undefined = undefined
  next: Waiter | undefined = undefined
  isWaiting = false
  readonly #onPermit: () => void

  constructor(onPermit: () => void) {
    this.#onPermit = onPermit
  }

  onPermit(): void {
    this.#onPermit()
  }
}

function limiterOf(limit: number, queue = 0): ConcurrencyLimiter {
  return new ConcurrencyLimiter({ limit, queue, maxWaitMs: undefined })
}

describe('a concurrency limiter', () => {
  test('admits up to its limit, then lets wait up to its places, then refuses', () => {
    const limiter = limiterOf(2, 1)
    expect([limiter.tryAcquire(), limiter.tryAcquire(), limiter.tryAcquire()]).toEqual([true, true, false])
    expect(limiter.join(new Waiting(() => {}))).toBe(true)
    expect(limiter.join(new Waiting(() => {}))).toBe(false)
    expect(limiter.value).toEqual({ limit: 2, inFlight: 2, queued: 1 })
  })

  test('serves who came first, and nobody overtakes the line', () => {
    const limiter = limiterOf(1, 10)
    const served: string[] = []
    limiter.tryAcquire()
    limiter.join(
      new Waiting(() => {
        served.push('first')
        // The permit comes free while the line is being served: the second waits for it already, this one does not.
        limiter.release('success')
        expect(limiter.tryAcquire()).toBe(false)
        limiter.join(new Waiting(() => served.push('third')))
      }),
    )
    limiter.join(new Waiting(() => served.push('second')))
    limiter.release('success')
    expect(served).toEqual(['first', 'second'])
    limiter.release('success')
    expect(served).toEqual(['first', 'second', 'third'])
    limiter.release('success')
    expect(limiter.value).toEqual({ limit: 1, inFlight: 0, queued: 0 })
  })

  test('a hundred thousand waiters that end at once are served by a loop, not by recursion', () => {
    const limiter = limiterOf(1, 100_000)
    let served = 0
    limiter.tryAcquire()
    for (let i = 0; i < 100_000; i++) {
      limiter.join(
        new Waiting(() => {
          served++
          limiter.release('drop')
        }),
      )
    }
    limiter.release('success')
    expect(served).toBe(100_000)
    expect(limiter.value).toEqual({ limit: 1, inFlight: 0, queued: 0 })
  })

  test('cockatiel#91: an aborted waiter frees its place at once, wherever in the line it stands', () => {
    const limiter = limiterOf(1, 3)
    const served: number[] = []
    limiter.tryAcquire()
    const waiters = [0, 1, 2].map((i) => new Waiting(() => served.push(i)))
    for (const waiter of waiters) limiter.join(waiter)
    for (const i of [1, 0, 2]) {
      const waiter = waiters[i] as Waiting
      limiter.leave(waiter)
      limiter.leave(waiter)
      expect(limiter.queued).toBe(2)
      expect(limiter.join(waiter)).toBe(true)
    }
    // Left and joined again in the order 1, 0, 2.
    for (let i = 0; i < 4; i++) limiter.release('success')
    expect(served).toEqual([1, 0, 2])
    expect(limiter.value).toEqual({ limit: 1, inFlight: 0, queued: 0 })
  })

  test('a waiter may leave while the line is being served', () => {
    const limiter = limiterOf(1, 3)
    const served: string[] = []
    limiter.tryAcquire()
    const second = new Waiting(() => served.push('second'))
    limiter.join(
      new Waiting(() => {
        served.push('first')
        limiter.leave(second)
        limiter.release('ignore')
      }),
    )
    limiter.join(second)
    limiter.join(new Waiting(() => served.push('third')))
    limiter.release('success')
    expect(served).toEqual(['first', 'third'])
  })

  test('a waiter that throws stops nobody, and its error is not swallowed', () => {
    const limiter = limiterOf(2, 3)
    const served: string[] = []
    limiter.tryAcquire()
    limiter.tryAcquire()
    limiter.join(
      new Waiting(() => {
        limiter.release('success')
        throw new Error('mine')
      }),
    )
    limiter.join(new Waiting(() => served.push('second')))
    expect(() => limiter.release('success')).toThrow('mine')
    expect(served).toEqual(['second'])
    expect(limiter.value).toEqual({ limit: 2, inFlight: 2, queued: 0 })
  })

  test('refuses to take back more permits than it gave', () => {
    const limiter = limiterOf(1)
    expect(() => limiter.release('success')).toThrow('not held')
    expect(limiter.tryAcquire()).toBe(true)
  })

  test('a greater limit serves the line; a smaller one waits for those under way', () => {
    const limiter = limiterOf(1, 5)
    let served = 0
    limiter.tryAcquire()
    for (let i = 0; i < 5; i++) limiter.join(new Waiting(() => served++))
    limiter.setLimit(3)
    expect([served, limiter.inFlight]).toEqual([2, 3])
    limiter.update({ limit: 1, queue: 0, maxWaitMs: undefined })
    limiter.release('success')
    limiter.release('success')
    expect([served, limiter.inFlight, limiter.queued]).toEqual([2, 1, 3])
    limiter.release('success')
    expect([served, limiter.inFlight]).toEqual([3, 1])
    expect(limiter.join(new Waiting(() => {}))).toBe(false)
  })

  test('changes$ tells of the limit only', () => {
    const limiter = limiterOf(1)
    const told: LimiterState[] = []
    limiter.changes$.subscribe((state) => told.push(state))
    limiter.tryAcquire()
    limiter.release('success')
    limiter.setLimit(1)
    expect(told).toEqual([])
    limiter.setLimit(4)
    expect(told).toEqual([{ limit: 4, inFlight: 0, queued: 0 }])
  })

  test('ends changes$ when it is closed, and goes on with what is under way', () => {
    const limiter = limiterOf(1)
    let isOver = false
    limiter.changes$.subscribe({ complete: () => (isOver = true) })
    limiter.tryAcquire()
    limiter.close()
    expect(isOver).toBe(true)
    limiter.release('success')
    expect(limiter.inFlight).toBe(0)
  })

  test('never leaks a permit and keeps the order, whatever joins, leaves and ends', () => {
    const random = new Sfc32(5, 8)
    const limiter = limiterOf(3, 20)
    const line: Waiting[] = []
    let held = 0
    for (let i = 0; i < 20_000; i++) {
      const what = random.next()
      if (what < 0.5) {
        if (limiter.tryAcquire()) held++
        else {
          const waiter: Waiting = new Waiting(() => {
            if (line.shift() !== waiter) throw new Error('served out of turn')
            held++
          })
          if (limiter.join(waiter)) line.push(waiter)
        }
      } else if (what < 0.6 && line.length > 0) {
        limiter.leave(line.splice(Math.floor(random.next() * line.length), 1)[0] as Waiting)
      } else if (held > 0) {
        held--
        limiter.release('success')
      }
      if (limiter.inFlight !== held || limiter.queued !== line.length || held > 3 || (line.length > 0 && held < 3)) {
        expect([i, limiter.inFlight, limiter.queued]).toEqual([i, held, line.length])
      }
    }
  })
})
