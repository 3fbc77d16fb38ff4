// The limiting layers as calls meet them.
import { describe, expect, test } from 'vitest'
import { classify } from '../call/classification.ts'
import { SeededRandom } from '../random/seeded-random.ts'
import { EventStream } from '../telemetry/event-stream.ts'
import { NO_EVENTS } from '../telemetry/events.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import type { PolicyOptions } from './policy-options.ts'
import { PolicyTable } from './policy-table.ts'

function given(options: Omit<PolicyOptions, 'name'>) {
  const clock = new ManualClock()
  const events = new EventStream(NO_EVENTS)
  const ports = {
    clock,
    random: new SeededRandom(7),
    events,
    classifier: classify,
    createBalancer: () => {
      throw new Error('a policy that guards a function balances nothing')
    },
    transportFor: () => undefined,
  }
  const policy = new PolicyTable(ports, events).policy({ name: 'payments', ...options })
  const work = (ms: number) => () =>
    new Promise<void>((done) => void clock.schedule(clock.now() + ms, { onTimer: () => done() }))
  const reasonOf = (call: Promise<unknown>): Promise<unknown> =>
    call.then(
      () => 'ok',
      (error: { reason?: string }) => error.reason ?? error,
    )
  return { clock, policy, work, reasonOf }
}

describe('a policy that limits', () => {
  test('finds its limit: one that is used grows while nothing waits', async () => {
    const { clock, policy, work } = given({ concurrency: { algorithm: 'gradient', initial: 20, min: 1 } })
    expect(policy.state.value.limit).toBe(20)
    for (let round = 0; round < 60; round++) {
      const calls = Array.from({ length: 20 }, () => policy.execute(work(100)))
      await clock.advanceAsync(100)
      await Promise.all(calls)
    }
    expect(policy.state.value.limit).toBeGreaterThan(35)
    await clock.advanceAsync(10_000)
    expect(clock.pending).toBe(0)
  })

  test('gives up in the line who would be too late, and says so', async () => {
    const { clock, policy, work, reasonOf } = given({
      timeout: '250ms',
      concurrency: { limit: 1, queue: 9, maxWait: '10s' },
    })
    for (let i = 0; i < 10; i++) {
      const one = policy.execute(work(100))
      await clock.advanceAsync(100)
      await one
    }
    const second = reasonOf(policy.execute(work(200)))
    const late = reasonOf(policy.execute(work(100)))
    await clock.advanceAsync(200)
    expect(await Promise.all([second, late])).toEqual(['ok', 'concurrency'])
    expect(policy.state.value).toMatchObject({ inFlight: 0, queued: 0 })
  })

  test('refuses here what the target would refuse, and lets all through when it is back', async () => {
    const { clock, policy, reasonOf } = given({ throttle: { window: '10s' } })
    const ends: unknown[] = []
    for (let i = 0; i < 200; i++) {
      ends.push(await reasonOf(policy.execute(() => Promise.reject(Object.assign(new Error('busy'), { status: 429 })))))
    }
    expect(ends.filter((end) => end === 'shed').length).toBeGreaterThan(150)
    clock.advance(11_000)
    expect(await reasonOf(policy.execute(() => Promise.resolve(1)))).toBe('ok')
  })
})
