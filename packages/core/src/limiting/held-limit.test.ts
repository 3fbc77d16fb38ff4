// An algorithm of a user's own, with whatever it answers, in the place of the built-in ones.
import { expect, test } from 'vitest'
import { SeededRandom } from '../random/seeded-random.ts'
import type { GovernanceEvent } from '../telemetry/events.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import type { ConcurrencyLimiter } from './concurrency-limiter.ts'
import { createLimiter } from './create-limiter.ts'
import type { LimitAlgorithm, LimitAlgorithmFactory } from './limit-algorithm.ts'
import { LimitLoop } from './limit-loop.ts'
import { resolveConcurrencyOptions } from './limiter-options.ts'

/** Answers one after the other; the last from then on. An error is thrown. */
function answering(...answers: readonly (number | Error)[]): LimitAlgorithm {
  let at = 0
  return {
    limit: 20,
    needsBaseline: false,
    decide() {
      const answer = answers[Math.min(at++, answers.length - 1)] as number | Error
      if (typeof answer !== 'number') throw answer
      return answer
    },
    setBounds() {},
  }
}

function given(...factories: readonly LimitAlgorithmFactory[]) {
  const clock = new ManualClock()
  const told: GovernanceEvent[] = []
  const loop = new LimitLoop(clock, { emit: (event) => void told.push(event) })
  const options = resolveConcurrencyOptions({ algorithm: 'aimd', initial: 20, min: 5, max: 40 })
  const limiters = factories.map((createAlgorithm) =>
    createLimiter(options, { clock, random: new SeededRandom(1), loop, service: 'orders', createAlgorithm }),
  )
  /** A second in which each of them was asked for twenty at once, and gave a good answer to each. */
  const second = (): number[] => {
    for (const limiter of limiters) {
      for (let i = 0; i < 20; i++) limiter.tryAcquire()
      while (limiter.inFlight > 0) limiter.release('success', 10, clock.now())
    }
    clock.advance(1_000)
    return limiters.map(({ limit }) => limit)
  }
  return { limiters, second, told }
}

test('it is asked with the policy’s numbers, and what it answers counts', () => {
  const asked: unknown[] = []
  const { second } = given((options, _random, service) => {
    asked.push([service, options])
    return answering(33.9)
  })
  expect(asked).toEqual([['orders', { algorithm: 'aimd', min: 5, max: 40, initial: 20 }]])
  expect(second()).toEqual([33])
})

test('what it leaves out is the built-in one', () => {
  const { second } = given(
    () => undefined,
    () => answering(20),
  )
  expect(second()).toEqual([21, 20])
})

test('whatever it answers, the policy’s bounds hold; what is no number leaves the limit where it was', () => {
  const { second } = given(() => answering(1_000, Number.POSITIVE_INFINITY, Number.NaN, 12, Number.NaN, -7))
  expect(Array.from({ length: 6 }, second).flat()).toEqual([40, 40, 40, 12, 12, 5])
})

test('other bounds hold at once, though it does not care', () => {
  const { limiters, second } = given(() => answering(38))
  second()
  const [limiter] = limiters as [ConcurrencyLimiter]
  limiter.update(resolveConcurrencyOptions({ algorithm: 'aimd', initial: 10, min: 5, max: 10 }))
  expect(limiter.limit).toBe(10)
  expect(second()).toEqual([10])
})

test('one that throws is reported, keeps its limit, and holds up no other of its target', () => {
  const { second, told } = given(
    () => answering(new Error('out of luck')),
    () => answering(30, 31, 32),
  )
  expect(Array.from({ length: 3 }, second)).toEqual([
    [20, 30],
    [20, 31],
    [20, 32],
  ])
  expect(told.map((event) => [event.type, (event as { error?: Error }).error?.message])).toEqual(
    Array.from({ length: 3 }, () => ['listenerFailed', 'out of luck']),
  )
})
