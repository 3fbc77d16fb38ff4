// Another inbound policy while requests are in flight, and layers that only watch.
import { describe, expect, it } from 'vitest'
import { type InboundLayers, resolveInbound } from '../config/policy-options.ts'
import type { GovernanceEvent } from '../telemetry/events.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { NO_DEADLINE } from '../time/deadline.ts'
import { Admission } from './admission.ts'
import type { Admitted } from './request-place.ts'
import { SAMPLE_MS } from './shedding.ts'

function admitting(layers: InboundLayers) {
  const clock = new ManualClock()
  const load = { utilization: 0, loopDelayMs: 0 }
  const told: GovernanceEvent[] = []
  const parts = { load, events: { emit: (event: GovernanceEvent) => void told.push(event) }, service: 'orders' }
  const admission = new Admission(resolveInbound(layers), clock, parts)
  const log: string[] = []
  const places = new Map<string, Admitted>()
  const enter = (name: string, priority?: string): void => {
    const sink = { admit: () => void log.push(name), refuse: (reason: string) => void log.push(`${name} ${reason}`) }
    places.set(name, admission.enter(NO_DEADLINE, sink, { priority }))
  }
  return {
    ...{ clock, admission, log, load, told, enter },
    leave: (name: string) => places.get(name)?.leave(),
    update: (next: InboundLayers) => admission.update(resolveInbound(next)),
    numbers: () => [admission.inFlight, admission.queued],
    since: () => log.splice(0),
    types: () => told.map(({ type }) => type),
  }
}

describe('another inbound policy', () => {
  it('that says the same changes nothing', () => {
    const { update } = admitting({ rateLimit: { rate: 5 } })
    expect([update({ rateLimit: { rate: 5, burst: 5 } }), update({ rateLimit: { rate: 6 } })]).toEqual([false, true])
  })

  it('finds the house as full as it is: a limit that is put on counts who is at work already', () => {
    const { enter, leave, update, since, numbers } = admitting({})
    for (const name of ['a', 'b', 'c']) enter(name)
    update({ concurrency: { limit: 2, queue: 1 } })
    enter('d')
    enter('e')
    expect(since()).toEqual(['a', 'b', 'c', 'e concurrency'])
    leave('a')
    expect(since()).toEqual([])
    leave('b')
    expect([since(), numbers()]).toEqual([['d'], [2, 0]])
    leave('c')
    leave('d')
    expect(numbers()).toEqual([0, 0])
    for (const name of ['f', 'g']) enter(name)
    expect(since()).toEqual(['f', 'g'])
  })

  it('lets who waits begin when the limit is raised or taken off, and go on waiting when the line is cut', () => {
    const { enter, leave, update, since, numbers } = admitting({ concurrency: { limit: 1, queue: 4 } })
    for (const name of ['a', 'b', 'c', 'd']) enter(name)
    update({ concurrency: { limit: 2, queue: 1 } })
    expect([since(), numbers()]).toEqual([
      ['a', 'b'],
      [2, 2],
    ])
    enter('e')
    expect(since()).toEqual(['e concurrency'])
    leave('a')
    expect(since()).toEqual(['c'])
    update({})
    expect([since(), numbers()]).toEqual([['d'], [3, 0]])
    for (const name of ['b', 'c', 'd']) leave(name)
    update({ concurrency: { limit: 1 } })
    enter('f')
    enter('g')
    expect([since(), numbers()]).toEqual([
      ['f', 'g concurrency'],
      [1, 0],
    ])
  })

  it('of another kind takes over who works and who waits, in order, beyond a shorter line too', () => {
    const { clock, enter, leave, update, since, numbers } = admitting({ concurrency: { limit: 1, queue: 3 } })
    for (const name of ['a', 'b', 'c', 'd']) enter(name)
    update({ concurrency: { limit: 1, queue: 1, discipline: 'priority' } })
    expect([since(), numbers()]).toEqual([['a'], [1, 3]])
    enter('e', 'sheddable')
    expect(since()).toEqual(['e concurrency'])
    leave('a')
    leave('b')
    expect([since(), numbers()]).toEqual([
      ['b', 'c'],
      [1, 1],
    ])
    update({ concurrency: { algorithm: 'aimd', initial: 5, max: 10 } })
    expect([since(), numbers()]).toEqual([['d'], [2, 0]])
    leave('c')
    leave('d')
    clock.advance(10_000)
    expect([numbers(), clock.pending]).toEqual([[0, 0], 0])
  })

  it('whose waiting request throws holds up none of the others', () => {
    const { admission, enter, update, since, told } = admitting({ concurrency: { limit: 1, queue: 3 } })
    enter('a')
    const thrower = () => {
      throw new Error('bug')
    }
    admission.enter(NO_DEADLINE, { admit: thrower, refuse: thrower })
    enter('c')
    update({})
    expect([since(), admission.inFlight]).toEqual([['a', 'c'], 3])
    expect(told).toMatchObject([{ type: 'listenerFailed', error: { message: 'bug' } }])
  })

  it('keeps the tokens that were taken', () => {
    const { clock, enter, update, since } = admitting({ rateLimit: { rate: 1, burst: 4 } })
    for (const name of ['a', 'b', 'c']) enter(name)
    update({ rateLimit: { rate: 2, burst: 4 }, concurrency: { limit: 100 } })
    enter('d')
    enter('e')
    clock.advance(500)
    enter('f')
    expect(since()).toEqual(['a', 'b', 'c', 'd', 'e rate-limited', 'f'])
    update({})
    enter('g')
    expect(since()).toEqual(['g'])
  })

  it('keeps how much is shed, and says so when nothing is any more', () => {
    const { clock, admission, load, enter, leave, update, types } = admitting({ shed: true })
    load.utilization = 1
    const rush = (): void => {
      for (let i = 0; i < 20; i++) {
        clock.advance(SAMPLE_MS)
        enter('x')
        leave('x')
      }
    }
    rush()
    const { shedLevel } = admission
    expect(shedLevel).toBeGreaterThan(0.5)
    update({ shed: { eventLoopUtilization: 0.8 } })
    expect(admission.shedLevel).toBe(shedLevel)
    update({})
    expect([admission.shedLevel, types(), clock.pending]).toEqual([0, ['sheddingStarted', 'sheddingEnded'], 0])
    update({ shed: { order: ['batch'] } })
    rush()
    expect(admission.shedLevel).toBeGreaterThan(0.5)
  })

  it('is not heard while it drains', () => {
    const { admission, enter, update, since, clock } = admitting({})
    admission.drain()
    expect(update({ shed: true, rateLimit: { rate: 1 } })).toBe(false)
    enter('a')
    expect([since(), clock.pending]).toEqual([['a shutting-down'], 0])
  })
})

describe('inbound layers in shadow', () => {
  it('admit all and count what they would have refused, each request by the first', () => {
    const { admission, enter, since, numbers } = admitting({
      mode: 'shadow',
      rateLimit: { rate: 1, burst: 5 },
      concurrency: { limit: 2, queue: 1 },
    })
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) enter(name)
    // The limit and its line hold three; d and e come on top of that. f and g have no token any more.
    expect([since().length, numbers()]).toEqual([7, [7, 0]])
    expect(admission.shadow.value).toEqual({ concurrency: 2, 'rate-limited': 2 })
  })

  it('stand beside layers that are enforced', () => {
    const { admission, enter, since } = admitting({
      rateLimit: { rate: 1, burst: 1, mode: 'shadow' },
      concurrency: { limit: 2 },
    })
    for (const name of ['a', 'b', 'c']) enter(name)
    expect(since()).toEqual(['a', 'b', 'c concurrency'])
    expect(admission.shadow.value).toEqual({ 'rate-limited': 2 })
  })

  it('tell the first at once, and then what has come at most once a second', () => {
    const { clock, admission, enter, told } = admitting({ mode: 'shadow', rateLimit: { rate: 0.001, burst: 1 } })
    const changes: unknown[] = []
    admission.shadow.changes$.subscribe((counts) => changes.push(counts))
    for (let i = 0; i < 35; i++) {
      enter('x')
      clock.advance(100)
    }
    clock.advance(5000)
    expect(told).toMatchObject([
      { type: 'shadowRefused', service: 'orders', atMs: 100, counts: { 'rate-limited': 1 } },
      { atMs: 1100, counts: { 'rate-limited': 9 } },
      { atMs: 2100, counts: { 'rate-limited': 10 } },
      { atMs: 3100, counts: { 'rate-limited': 10 } },
      { atMs: 4100, counts: { 'rate-limited': 4 } },
    ])
    expect(changes.map((counts) => (counts as Record<string, number>)['rate-limited'])).toEqual([1, 10, 20, 30, 34])
    expect(clock.pending).toBe(0)
  })

  it('shed nothing and say nothing of shedding, while the load is looked at', () => {
    const { clock, admission, load, enter, leave, update, types, since } = admitting({ shed: { mode: 'shadow' } })
    load.utilization = 1
    for (let i = 0; i < 200; i++) {
      enter('x')
      leave('x')
      clock.advance(SAMPLE_MS)
    }
    expect([since().includes('x shed'), admission.shedLevel]).toEqual([false, 2])
    expect(admission.shadow.value.shed).toBeGreaterThan(50)
    expect(new Set(types())).toEqual(new Set(['shadowRefused']))
    update({ shed: true })
    enter('x')
    expect([since(), types().at(-1)]).toEqual([['x shed'], 'sheddingStarted'])
    update({ shed: { mode: 'shadow' } })
    expect(types().at(-1)).toBe('sheddingEnded')
  })

  it('are enforced from one request to the next, with what they counted', () => {
    const limits = { rateLimit: { rate: 1, burst: 2 }, concurrency: { limit: 1, queue: 1 } }
    const { enter, leave, update, since, numbers } = admitting({ ...limits, mode: 'shadow' })
    for (const name of ['a', 'b']) enter(name)
    update(limits)
    enter('c')
    expect([since(), numbers()]).toEqual([
      ['a', 'b', 'c rate-limited'],
      [2, 0],
    ])
    update({ ...limits, rateLimit: false })
    enter('d')
    leave('a')
    expect([since(), numbers()]).toEqual([[], [1, 1]])
    update({ ...limits, mode: 'shadow' })
    expect([since(), numbers()]).toEqual([['d'], [2, 0]])
    leave('b')
    leave('d')
    update(limits)
    expect(numbers()).toEqual([0, 0])
  })
})
