import { describe, expect, it } from 'vitest'
import { type InboundPolicy, resolveInbound } from '../config/policy-options.ts'
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

  it('keeps rates by caller and lines by priority, and moves a limit that an algorithm finds', () => {
    const clock = new ManualClock()
    const log: string[] = []
    const policy = resolveInbound({
      rateLimit: { rate: 1, burst: 3, by: 'key' },
      concurrency: { algorithm: 'aimd', initial: 1, max: 10, queue: 5, discipline: 'priority' },
    })
    const admission = new Admission(policy, clock)
    const enter = (name: string, caller: string, priority?: string) =>
      admission.enter(
        NO_DEADLINE,
        { admit: () => void log.push(name), refuse: (reason) => void log.push(`${name} ${reason}`) },
        { caller, priority },
      )
    const a = enter('a', 'one')
    const b = enter('b', 'one', 'sheddable')
    const c = enter('c', 'one', 'critical')
    enter('d', 'one')
    const e = enter('e', 'two')
    expect(log).toEqual(['a', 'd rate-limited'])
    a.leave()
    c.leave('drop')
    expect(log.slice(2)).toEqual(['c', 'e'])
    e.leave()
    b.leave()
    for (let i = 0; i < 20; i++) {
      const f = enter(`f${i}`, `new ${i}`, 'critical')
      clock.advance(100)
      f.leave()
    }
    expect(clock.pending).toBe(1)
    admission.drain()
    expect([clock.pending, admission.queued]).toEqual([0, 0])
  })

  it('drops from the line whoever would be answered too late', () => {
    const { clock, log, enter } = admitting({ concurrency: { limit: 1, queue: 9, maxWaitMs: 10_000 } })
    for (let i = 0; i < 10; i++) {
      const one = enter('a')
      clock.advance(100)
      one.leave()
    }
    log.length = 0
    const second = enter('b')
    enter('c', 1150)
    clock.advance(80)
    second.leave()
    expect(log).toEqual(['b admitted', 'c concurrency'])
    expect(clock.pending).toBe(0)
  })
})
