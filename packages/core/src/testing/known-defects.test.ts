// What goes wrong where a policy does not wait by one clock. `owner/repo#n` is `https://github.com/owner/repo/issues/n`.
import { expect, test } from 'vitest'
import { Bench } from '../../test/bench.ts'
import { ManualClock } from './manual-clock.ts'

const MINUTE = 60_000

/** A promise that the clock keeps. */
function sleep(clock: ManualClock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.schedule(clock.now() + ms, { onTimer: () => resolve() }))
}

// App-vNext/Polly#239, #1932, #2041, dotnet/extensions#4912: a test that advanced its fake clock hung, because what followed
// from a timer had not run when the next one was looked for, or one of the policy's waits was the real clock's.
test('22. hours of waits, each begun by the end of the one before, pass in one advance', async () => {
  const bench = new Bench()
  const { clock } = bench
  const policy = bench.runtime.policy({
    name: 'payments',
    timeout: '10h',
    retry: {
      maxAttempts: 20,
      attemptTimeout: '8m',
      backoff: { initial: '1m', max: '1m', jitter: 'none' },
      budget: false,
    },
    circuitBreaker: { failureRatio: false, consecutiveFailures: 10, openFor: '5m', jitter: 0 },
    concurrency: { limit: 1, queue: 1, maxWait: '10h' },
    fallback: { timeout: '1h', run: () => sleep(clock, 30 * MINUTE).then(() => 'instead') },
  })
  const begunMs: number[] = []
  // Hangs, again and again, until the circuit opens; its refusal ends the call, and the fallback takes its time.
  const first = bench.watch(
    policy.execute(() => {
      begunMs.push(clock.now())
      return new Promise<string>(() => {})
    }),
  )
  // Two that come when it is half-open; each waits for one thing after the other, and one in the line for the other.
  const work = async (): Promise<string> => {
    for (let i = 0; i < 100; i++) await sleep(clock, 3_000)
    return 'done'
  }
  const later = [1, 2].map(() => bench.watch(sleep(clock, 120 * MINUTE).then(() => policy.execute(work))))
  await bench.pass(3 * 60 * MINUTE)
  // An attempt each nine minutes; the eleventh finds the circuit open.
  expect(begunMs).toEqual(Array.from({ length: 10 }, (_, i) => i * 9 * MINUTE))
  expect([first.value, first.atMs]).toEqual(['instead', (90 + 30) * MINUTE])
  expect(later.map(({ value, atMs }) => [value, atMs])).toEqual([
    ['done', 125 * MINUTE],
    ['done', 130 * MINUTE],
  ])
  expect(clock.pending).toBe(0)
})

test('22. advance runs timers, advanceAsync what follows from them too, each at its own instant', async () => {
  const clock = new ManualClock()
  const seen: string[] = []
  const walk = async (name: string): Promise<void> => {
    for (let i = 0; i < 3; i++) {
      await sleep(clock, 10)
      seen.push(`${name} ${clock.now()}`)
    }
  }
  const walks = [walk('a')]
  clock.advance(100)
  expect(seen).toEqual([])
  await clock.advanceAsync(0)
  // The first wait ended at 10; who waited for it learns it now, and begins the next wait now.
  expect(seen).toEqual(['a 100'])
  walks.push(walk('b'))
  await clock.advanceAsync(30)
  expect(seen.slice(1)).toEqual(['a 110', 'b 110', 'a 120', 'b 120', 'b 130'])
  await Promise.all(walks)
})
