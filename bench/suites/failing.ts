// A failing call costs what a good one costs: a little more, as a bare await of a rejection does. The error is one made before, as making one costs 5 µs whoever does it; the
// breaker sees every failure and is kept from opening, and nothing is tried again.
import { policy } from '@seakeep/core'
import { ALL_LAYERS } from '../bare.ts'
import { compare } from '../harness.ts'
import type { Suite } from '../row.ts'

const ERROR = new Error('made before')

/** Ends a turn later, as whoever asks somebody else does. */
async function succeed(): Promise<number> {
  await undefined
  return 42
}
async function fail(): Promise<number> {
  await undefined
  throw ERROR
}
/** Rejected before anybody can listen: Node's watch for unhandled rejections is told twice, which is most of the cost. */
async function failAtOnce(): Promise<number> {
  throw ERROR
}
const ignore = (): void => {}

export const failing: Suite = {
  name: 'failing',
  run: (rounds) => {
    const all = policy({
      name: 'bench failing',
      ...ALL_LAYERS,
      retry: { ...ALL_LAYERS.retry, maxAttempts: 1 },
      circuitBreaker: { minimumCalls: 1e9 },
    })
    return compare(
      'failing',
      [
        { name: 'all policies, the call succeeds', call: () => all.execute(succeed).catch(ignore) },
        { name: 'all policies, the call fails', call: () => all.execute(fail).catch(ignore), atMost: { ratio: 1.5 } },
        { name: 'all policies, the call fails at once', call: () => all.execute(failAtOnce).catch(ignore) },
        { name: 'bare await, the call succeeds', call: () => succeed().catch(ignore) },
        { name: 'bare await, the call fails', call: () => fail().catch(ignore) },
        { name: 'bare await, the call fails at once', call: () => failAtOnce().catch(ignore) },
      ],
      rounds,
    )
  },
}
