import { describe, expect, it } from 'vitest'
import type { InboundPolicy } from '../config/policy-options.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { NO_DEADLINE } from '../time/deadline.ts'
import { Admission } from './admission.ts'

function admitting(policy: Partial<InboundPolicy>) {
  const clock = new ManualClock()
  const admission = new Admission({ rateLimit: undefined, concurrency: undefined, ...policy }, clock)
  const log: string[] = []
  const enter = (name: string, deadlineMs: number = NO_DEADLINE) =>
    admission.enter(deadlineMs, {
      admit: () => void log.push(`${name} admitted`),
      refuse: (reason, retryAfterMs) =>
        void log.push(`${name} ${reason}${retryAfterMs === undefined ? '' : ` ${retryAfterMs}`}`),
    })
  return { clock, admission, log, enter }
}

describe('inbound admission', () => {
  it('admits all where nothing limits, and knows how many are at work', () => {
    const { admission, log, enter } = admitting({})
    const [a, b] = [enter('a'), enter('b')]
    expect([log, admission.inFlight]).toEqual([['a admitted', 'b admitted'], 2])
    a.leave()
    a.leave()
    expect(admission.inFlight).toBe(1)
    b.leave()
    expect(admission.inFlight).toBe(0)
  })

  it('asks the rate limit first, and says when to come back', () => {
    const { clock, log, enter } = admitting({ rateLimit: { rate: 2, burst: 1 } })
    enter('a')
    clock.advance(100)
    enter('b')
    clock.advance(400)
    enter('c')
    expect(log).toEqual(['a admitted', 'b rate-limited 400', 'c admitted'])
  })

  it('serves the line in order, refuses beyond it, and frees a place that is left exactly once', () => {
    const { admission, log, enter } = admitting({ concurrency: { limit: 1, queue: 2, maxWaitMs: undefined } })
    const a = enter('a')
    const b = enter('b')
    enter('c')
    enter('d')
    expect([log, admission.queued]).toEqual([['a admitted', 'd concurrency'], 2])
    b.leave()
    b.leave()
    a.leave()
    expect([log.at(-1), admission.queued, admission.inFlight]).toEqual(['c admitted', 0, 1])
  })

  it('lets nobody wait longer than the policy or the deadline says', () => {
    const { clock, admission, log, enter } = admitting({ concurrency: { limit: 1, queue: 9, maxWaitMs: 50 } })
    const a = enter('a')
    enter('b')
    enter('c', 20)
    clock.advance(20)
    expect(log).toEqual(['a admitted', 'c concurrency'])
    clock.advance(30)
    expect(log.at(-1)).toBe('b concurrency')
    a.leave()
    expect([admission.inFlight, admission.queued, clock.pending]).toEqual([0, 0, 0])
  })

  it('does not begin what nobody waits for any more, nor anything new while it drains', () => {
    const { clock, log, enter } = admitting({})
    clock.advance(10)
    enter('late', 10)
    const { admission, ...draining } = admitting({ concurrency: { limit: 1, queue: 1, maxWaitMs: undefined } })
    const a = draining.enter('a')
    draining.enter('b')
    admission.drain()
    draining.enter('c')
    a.leave()
    expect(log).toEqual(['late shed'])
    expect(draining.log).toEqual(['a admitted', 'c shutting-down', 'b admitted'])
  })
})
