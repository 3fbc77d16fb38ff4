// Whatever fails, however often and whenever: retries stay within the budget, as the whole pipeline makes them.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Bench } from './bench.ts'

/** The budget counts in seconds, the present one and the nine before it. */
const SLOTS = 10

const call = fc.record({
  /** After the call before: storms, a trickle, and silences longer than the window. */
  afterMs: fc.oneof(
    { weight: 6, arbitrary: fc.constant(0) },
    { weight: 6, arbitrary: fc.nat(300) },
    { weight: 1, arbitrary: fc.nat(25_000) },
  ),
  /** How many of its attempts fail. */
  failures: fc.nat(5),
  takesMs: fc.constantFrom(0, 0, 40, 1_200),
})

const property = fc.asyncProperty(
  fc.record({ ratio: fc.constantFrom(0, 0.1, 0.2, 0.5, 1), minPerSecond: fc.constantFrom(0, 0.1, 1, 3) }),
  fc.array(call, { minLength: 1, maxLength: 300, size: 'max' }),
  async (budget, calls) => {
    const bench = new Bench()
    const { clock } = bench
    const policy = bench.runtime.policy({
      name: 'payments',
      retry: { maxAttempts: 6, budget, backoff: { initial: 10, max: 400 } },
    })
    const begun = new Map<number, number>()
    const granted = new Map<number, number>()
    const count = (in_: Map<number, number>, atMs: number): void => {
      const second = Math.floor(atMs / 1_000)
      in_.set(second, (in_.get(second) ?? 0) + 1)
    }
    const start = ({ failures, takesMs }: (typeof calls)[number]): void => {
      count(begun, clock.now())
      let failedMs = 0
      bench.watch(
        policy.execute(async ({ attempt }) => {
          // It was granted when the attempt before it failed, and made after its backoff.
          if (attempt > 1) count(granted, failedMs)
          if (takesMs > 0)
            await new Promise<void>((done) => clock.schedule(clock.now() + takesMs, { onTimer: () => done() }))
          if (attempt > failures) return 'fine'
          failedMs = clock.now()
          throw new Error('boom')
        }),
      )
    }
    let atMs = 0
    for (const one of calls) {
      atMs += one.afterMs
      clock.schedule(atMs, { onTimer: () => start(one) })
    }
    await bench.pass(atMs + 60_000)
    const lately = (counts: Map<number, number>, second: number): number => {
      let sum = 0
      for (let slot = 0; slot < SLOTS; slot++) sum += counts.get(second - slot) ?? 0
      return sum
    }
    let retries = 0
    for (const [second, here] of granted) {
      retries += here
      // attempts <= (1 + ratio) * calls + reserve, in the ten seconds that end here.
      const [calls, again] = [lately(begun, second), lately(granted, second)]
      expect(again).toBeLessThanOrEqual(budget.ratio * calls + budget.minPerSecond * SLOTS + 1e-9)
    }
    // And in all, over windows that do not overlap.
    const windows = Math.ceil((atMs + 60_000) / (SLOTS * 1_000)) + 1
    expect(retries).toBeLessThanOrEqual(budget.ratio * calls.length + budget.minPerSecond * SLOTS * windows + 1e-9)
  },
)

test('16. attempts <= (1 + ratio) * calls + reserve, over any ten seconds', { timeout: 60_000 }, () =>
  fc.assert(property, { seed: 16, numRuns: 150 }),
)
