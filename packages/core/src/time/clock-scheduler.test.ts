import {
  debounceTime,
  interval,
  map,
  NEVER,
  retry,
  Subject,
  type Subscription,
  switchMap,
  take,
  throwError,
  timeout,
  timer,
} from 'rxjs'
import { describe, expect, it } from 'vitest'
import { ManualClock } from '../testing/manual-clock.ts'
import { clockScheduler } from './clock-scheduler.ts'

describe('clockScheduler', () => {
  it('is one for each clock', () => {
    const clock = new ManualClock()
    expect(clockScheduler(clock)).toBe(clockScheduler(clock))
    expect(clockScheduler(new ManualClock())).not.toBe(clockScheduler(clock))
  })

  function follow(clock: ManualClock, source: { subscribe(observer: object): Subscription }) {
    const seen: unknown[] = []
    const subscription = source.subscribe({
      next: (value: unknown) => seen.push([clock.now(), value]),
      error: (error: Error) => seen.push([clock.now(), error.name]),
      complete: () => seen.push([clock.now(), 'complete']),
    })
    return { seen, subscription }
  }

  it('drives timer', () => {
    const clock = new ManualClock()
    const { seen } = follow(clock, timer(20, 30, clockScheduler(clock)).pipe(take(3)))
    clock.advance(1000)
    expect(seen).toEqual([
      [20, 0],
      [50, 1],
      [80, 2],
      [80, 'complete'],
    ])
    expect(clock.pending).toBe(0)
  })

  it('drives interval, and unsubscribing takes the timer out at once', () => {
    const clock = new ManualClock()
    const { seen, subscription } = follow(clock, interval(10, clockScheduler(clock)))
    clock.advance(35)
    expect(seen).toEqual([
      [10, 0],
      [20, 1],
      [30, 2],
    ])
    expect(clock.pending).toBe(1)
    subscription.unsubscribe()
    expect(clock.pending).toBe(0)
    clock.advance(100)
    expect(seen.length).toBe(3)
  })

  it('drives debounceTime', () => {
    const clock = new ManualClock()
    const source = new Subject<string>()
    const { seen } = follow(clock, source.pipe(debounceTime(10, clockScheduler(clock))))
    source.next('a')
    clock.advance(6)
    source.next('b')
    clock.advance(6)
    source.next('c')
    clock.advance(30)
    source.next('d')
    source.complete()
    expect(seen).toEqual([
      [22, 'c'],
      [42, 'd'],
      [42, 'complete'],
    ])
    expect(clock.pending).toBe(0)
  })

  it('drives retry with a delay', () => {
    const clock = new ManualClock()
    const tries: number[] = []
    const source = timer(1, clockScheduler(clock)).pipe(
      switchMap(() => {
        tries.push(clock.now())
        return throwError(() => new RangeError('down'))
      }),
      retry({ count: 3, delay: (_, count) => timer(count * 10, clockScheduler(clock)) }),
    )
    const { seen } = follow(clock, source)
    clock.advance(1000)
    expect(tries).toEqual([1, 12, 33, 64])
    expect(seen).toEqual([[64, 'RangeError']])
  })

  it('drives timeout', () => {
    const clock = new ManualClock()
    const scheduler = clockScheduler(clock)
    const late = follow(clock, NEVER.pipe(timeout({ first: 25, scheduler })))
    const inTime = follow(
      clock,
      timer(20, scheduler).pipe(
        map(() => 'ok'),
        timeout({ first: 25, scheduler }),
      ),
    )
    clock.advance(100)
    expect(late.seen).toEqual([[25, 'TimeoutError']])
    expect(inTime.seen).toEqual([
      [20, 'ok'],
      [20, 'complete'],
    ])
    expect(clock.pending).toBe(0)
  })

  it('never runs work inside schedule, and not after it was unsubscribed', () => {
    const clock = new ManualClock()
    const ran: string[] = []
    clockScheduler(clock).schedule(() => ran.push('now'))
    clockScheduler(clock)
      .schedule(() => ran.push('never'), 5)
      .unsubscribe()
    expect(ran).toEqual([])
    clock.advance(10)
    expect(ran).toEqual(['now'])
  })

  it('lets work arm itself again with a new state, also after it ran', () => {
    const clock = new ManualClock()
    const seen: [number, number | undefined][] = []
    const action = clockScheduler(clock).schedule<number>(
      function (count) {
        seen.push([clock.now(), count])
        if (count !== undefined && count < 2) this.schedule(count + 1, 10)
      },
      5,
      0,
    )
    clock.advance(100)
    expect(seen).toEqual([
      [5, 0],
      [15, 1],
      [25, 2],
    ])
    expect(action.closed).toBe(false)
    action.unsubscribe()
  })

  it('ends work that throws, and hands the error to the clock', () => {
    const clock = new ManualClock()
    const action = clockScheduler(clock).schedule(() => {
      throw new Error('thrown')
    }, 5)
    expect(() => clock.advance(10)).toThrow('thrown')
    expect(action.closed).toBe(true)
    expect(clock.pending).toBe(0)
  })
})
