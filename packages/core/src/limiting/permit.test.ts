import { describe, expect, test } from 'vitest'
import { ManualClock } from '../testing/manual-clock.ts'
import { ConcurrencyLimiter } from './concurrency-limiter.ts'
import { type Permit, type PermitSink, tryPermit, waitForPermit } from './permit.ts'

function given(limit: number, queue = 0) {
  const clock = new ManualClock()
  const limiter = new ConcurrencyLimiter({ limit, queue, maxWaitMs: undefined }, { clock })
  const log: string[] = []
  const permits: Permit[] = []
  const sink = (name: string): PermitSink => ({
    onPermit: (permit) => {
      permits.push(permit)
      log.push(`${name} got it`)
    },
    onRefused: () => log.push(`${name} refused`),
  })
  return { clock, limiter, log, permits, sink }
}

describe('a permit', () => {
  test('is settled exactly once, whoever tries', () => {
    const { clock, limiter } = given(2)
    const permit = tryPermit(limiter, clock)
    expect(limiter.inFlight).toBe(1)
    expect([permit?.success(), permit?.drop(), permit?.ignore(), permit?.isSettled]).toEqual([true, false, false, true])
    permit?.[Symbol.dispose]()
    expect(limiter.inFlight).toBe(0)
  })

  test('resilience4j#903 #935: a block that throws gives it back', () => {
    const { clock, limiter } = given(1)
    expect(() => {
      using permit = tryPermit(limiter, clock)
      expect(permit?.isSettled).toBe(false)
      expect(tryPermit(limiter, clock)).toBeUndefined()
      throw new Error('mine')
    }).toThrow('mine')
    expect(limiter.inFlight).toBe(0)
  })

  test('is waited for in the line, until the wait is disposed of', () => {
    const { clock, limiter, log, permits, sink } = given(1, 2)
    waitForPermit(limiter, clock, sink('a'))
    const b = waitForPermit(limiter, clock, sink('b'))
    waitForPermit(limiter, clock, sink('c'))
    waitForPermit(limiter, clock, sink('d'))
    b[Symbol.dispose]()
    permits[0]?.success()
    permits[1]?.success()
    b[Symbol.dispose]()
    expect([log, limiter.inFlight, limiter.queued]).toEqual([['a got it', 'd refused', 'c got it'], 0, 0])
  })

  test('is not given to who would have no time for it', () => {
    const { clock, limiter, log, permits, sink } = given(1, 9)
    // Ten answers of 100 ms are what it judges by; the first of all was a cold start.
    for (let i = 0; i < 11; i++) {
      using permit = tryPermit(limiter, clock)
      clock.advance(i === 0 ? 5000 : 100)
      permit?.success()
    }
    const now = clock.now()
    waitForPermit(limiter, clock, sink('a'))
    waitForPermit(limiter, clock, sink('hopeless'), { deadlineMs: now + 90 })
    waitForPermit(limiter, clock, sink('b'), { deadlineMs: now + 150 })
    waitForPermit(limiter, clock, sink('c'), { deadlineMs: now + 500 })
    clock.advance(120)
    permits[0]?.success()
    expect(log).toEqual(['a got it', 'hopeless refused', 'b refused', 'c got it'])
  })

  test('goes back where the one it was given to throws', () => {
    const { clock, limiter, permits, sink } = given(1, 1)
    waitForPermit(limiter, clock, sink('a'))
    waitForPermit(limiter, clock, {
      onPermit: () => {
        throw new Error('mine')
      },
      onRefused: () => {},
    })
    expect(() => permits[0]?.success()).toThrow('mine')
    expect(limiter.value).toEqual({ limit: 1, inFlight: 0, queued: 0 })
  })
})
