import { describe, expect, test } from 'vitest'
import { Sfc32 } from '../random/sfc32.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { ConcurrencyLimiter } from './concurrency-limiter.ts'
import type { Waiter } from './limiter.ts'
import { type ConcurrencyOptions, resolveConcurrencyOptions } from './limiter-options.ts'
import { OverloadSign } from './overload-sign.ts'

function given(options: Partial<ConcurrencyOptions>) {
  const clock = new ManualClock()
  const limiter = new ConcurrencyLimiter(resolveConcurrencyOptions({ limit: 1, ...options }), { clock })
  const log: string[] = []
  const join = (name: string, more: Partial<Waiter> = {}): Waiter => {
    const waiter: Waiter = {
      previous: undefined,
      next: undefined,
      isWaiting: false,
      onPermit: () => void log.push(name),
      onDropped: () => void log.push(`${name} dropped`),
      ...more,
    }
    if (!limiter.join(waiter)) log.push(`${name} refused`)
    return waiter
  }
  limiter.tryAcquire()
  /** Served one after another, `everyMs` apart. */
  const serve = (times: number, everyMs = 0): string[] => {
    log.length = 0
    for (let i = 0; i < times; i++) {
      clock.advance(everyMs)
      limiter.release('success')
    }
    return log
  }
  return { clock, limiter, log, join, serve }
}

describe('who is next', () => {
  test('lifo is first come, first served until all have waited longer than the target for an interval', () => {
    const { join, serve, clock } = given({ discipline: 'lifo', queue: 99 })
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) join(name)
    clock.advance(50)
    expect([...serve(2, 10)]).toEqual(['a', 'b'])
    // The interval that began with a's serving is over, and in it none waited less than 60 ms.
    clock.advance(100)
    join('new')
    expect([...serve(3)]).toEqual(['new', 'f', 'e'])
  })

  test('lifo: a full line makes room for the newest at the cost of the oldest, under overload only', () => {
    const { join, serve, clock, log, limiter } = given({ discipline: 'lifo', queue: 3 })
    for (const name of ['a', 'b', 'c', 'd']) join(name)
    expect(log).toEqual(['d refused'])
    clock.advance(20)
    serve(1)
    clock.advance(110)
    serve(1)
    join('e')
    join('f')
    log.length = 0
    join('g')
    expect([log, limiter.queued]).toEqual([['b dropped'], 3])
    expect([...serve(1)]).toEqual(['g'])
  })

  test('codel gives up who waited for twice the target, under overload only', () => {
    const { join, serve, clock } = given({ discipline: 'codel', queue: 99 })
    for (let i = 0; i < 9; i++) join(`old ${i}`)
    clock.advance(50)
    expect([...serve(2, 20)]).toEqual(['old 0', 'old 1'])
    clock.advance(95)
    join('young')
    // The first of an interval is served whatever it waited.
    expect([...serve(1)]).toEqual(['old 2'])
    const rest = serve(1, 6)
    expect([rest.at(0), rest.at(-1), rest.length]).toEqual(['old 3 dropped', 'young', 7])
  })

  test('a line that was empty is not overloaded', () => {
    const overload = new OverloadSign(5, 100)
    overload.observe(20, 0)
    overload.observe(30, 101)
    expect([overload.isOverloaded, overload.isFirst]).toEqual([true, true])
    overload.clear()
    expect(overload.isOverloaded).toBe(false)
    overload.observe(40, 205)
    expect(overload.isOverloaded).toBe(false)
  })

  test('priority serves the highest first, and the highest need not be listed', () => {
    const { join, serve, log } = given({ discipline: 'priority', queue: 4 })
    join('s1', { priority: 'sheddable' })
    join('d1')
    join('s2', { priority: 'sheddable' })
    join('c1', { priority: 'critical' })
    join('s3', { priority: 'sheddable' })
    join('d2', { priority: 'default' })
    expect(log).toEqual(['s3 refused', 's2 dropped'])
    expect([...serve(5)]).toEqual(['c1', 'd1', 'd2', 's1'])
  })
})

test('a deadline that cannot be met is dropped, in whatever line, and one that nobody told of is served', () => {
  const { join, serve, clock, limiter } = given({ queue: 9 })
  join('late', { waitDeadlineMs: 100 })
  join('patient')
  join('in time', { waitDeadlineMs: 1000 })
  const { onDropped: _, ...deaf } = join('x')
  limiter.leave(deaf as Waiter)
  clock.advance(100)
  expect([...serve(2)]).toEqual(['late dropped', 'patient', 'in time'])
})

test.each(['fifo', 'lifo', 'codel', 'priority'] as const)(
  'cockatiel#91 #112 #114: in a %s line whoever leaves is gone at once, and no permit is lost',
  (discipline) => {
    const clock = new ManualClock()
    const limiter = new ConcurrencyLimiter(resolveConcurrencyOptions({ limit: 3, queue: 20, discipline }), { clock })
    const random = new Sfc32(6, 1)
    const waiting = new Set<Waiter>()
    let held = 0
    for (let i = 0; i < 20_000; i++) {
      clock.advance(random.next() * 4)
      const what = random.next()
      if (what < 0.55) {
        if (limiter.tryAcquire()) held++
        else {
          const waiter: Waiter = {
            previous: undefined,
            next: undefined,
            isWaiting: false,
            priority: ['sheddable', 'default', 'critical'][i % 3],
            onPermit: () => {
              if (!waiting.delete(waiter)) throw new Error('served who does not wait')
              held++
            },
            onDropped: () => {
              if (!waiting.delete(waiter)) throw new Error('dropped who does not wait')
            },
            waitDeadlineMs: clock.now() + 100,
          }
          if (limiter.join(waiter)) waiting.add(waiter)
        }
      } else if (what < 0.6 && waiting.size > 0) {
        const one = [...waiting][Math.floor(random.next() * waiting.size)] as Waiter
        waiting.delete(one)
        limiter.leave(one)
      } else if (held > 0) {
        held--
        limiter.release('success', 1 + random.next(), clock.now())
      }
      if (limiter.inFlight !== held || limiter.queued !== waiting.size || held > 3 || (waiting.size > 0 && held < 3)) {
        expect([i, limiter.inFlight, limiter.queued]).toEqual([i, held, waiting.size])
      }
    }
  },
)
