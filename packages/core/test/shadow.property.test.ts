// A policy in shadow changes nothing, and counts what it would have done: held against the same calls without it, and
// against the same calls enforced, up to the first that is refused.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { classify } from '../src/call/classification.ts'
import type { PolicyLayers } from '../src/config/policy-options.ts'
import type { RejectionReason } from '../src/errors/seakeep-error.ts'
import { PolicyTable } from '../src/runtime/policy-table.ts'
import { EventStream } from '../src/telemetry/event-stream.ts'
import { type GovernanceEvent, NO_EVENTS } from '../src/telemetry/events.ts'
import type { ShadowCounts } from '../src/telemetry/shadow-tally.ts'
import { ManualClock, SeededRandom } from '../src/testing/index.ts'

interface Step {
  readonly gapMs: number
  readonly tookMs: number
  readonly isFailure: boolean
}

const STEPS = fc.array(
  fc.record({ gapMs: fc.nat(80), tookMs: fc.integer({ min: 1, max: 400 }), isFailure: fc.boolean() }),
  { minLength: 5, maxLength: 60 },
)

/** How each call ended and when, and the first refusal: of a call, or on paper. */
async function run(layers: PolicyLayers, steps: readonly Step[]) {
  const clock = new ManualClock()
  const stream = new EventStream(NO_EVENTS)
  const told: GovernanceEvent[] = []
  stream.events$.subscribe((event) => told.push(event))
  const ports = {
    ...{ clock, random: new SeededRandom(3), events: stream, classifier: classify },
    createBalancer: () => undefined,
    transportFor: () => undefined,
  }
  const policy = new PolicyTable(ports, stream).policy({ name: 'payments', ...layers })
  const ends: string[] = []
  let refused: { readonly atMs: number; readonly reason: RejectionReason } | undefined
  for (const [i, { gapMs, tookMs, isFailure }] of steps.entries()) {
    await clock.advanceAsync(gapMs)
    const work = () =>
      new Promise<void>((done, fail) => {
        const onTimer = () => (isFailure ? fail(new Error('broken')) : done())
        clock.schedule(clock.now() + tookMs, { onTimer })
      })
    policy.execute(work).then(
      () => ends.push(`${i} ok ${clock.now()}`),
      (error: Error & { reason?: RejectionReason }) => {
        ends.push(`${i} ${error.message} ${clock.now()}`)
        if (error.reason !== undefined) refused ??= { atMs: clock.now(), reason: error.reason }
      },
    )
    await clock.advanceAsync(0)
  }
  await clock.advanceAsync(600_000)
  const events = told.filter((event) => event.type === 'shadowCounted')
  return { ends, refused, counts: policy.shadow.value, events, pending: clock.pending }
}

const LAYERS = {
  circuitBreaker: { minimumCalls: 3, windowCalls: 5, openFor: '300ms', jitter: 0 },
  concurrency: { limit: 2 },
  rateLimit: { rate: 20, burst: 2 },
  throttle: { multiplier: 1.1 },
} as const satisfies PolicyLayers
type Name = keyof typeof LAYERS
const NAMES = fc.subarray(Object.keys(LAYERS) as Name[], { minLength: 1 })

const pick = (names: readonly Name[]): PolicyLayers => Object.fromEntries(names.map((name) => [name, LAYERS[name]]))

describe('layers in shadow', () => {
  test('change neither how calls end nor when, also with timeouts, retries and copies that only count', async () => {
    let acts: ShadowCounts = {}
    const more = {
      timeout: '150ms',
      retry: { attemptTimeout: '100ms' },
      hedge: { delay: '50ms', minDelay: 0 },
    } as const
    await fc.assert(
      fc.asyncProperty(STEPS, NAMES, async (steps, names) => {
        const shadow = await run({ ...pick(names), ...more, mode: 'shadow' }, steps)
        expect(shadow.ends).toEqual((await run({}, steps)).ends)
        expect(shadow.pending).toBe(0)
        acts = { ...acts, ...shadow.counts }
      }),
      { seed: 11, numRuns: 60 },
    )
    // Else nothing has been shown.
    const all = [
      'attempt-timeout',
      'circuit-open',
      'concurrency',
      'hedged',
      'rate-limited',
      'retried',
      'shed',
      'timeout',
    ]
    expect(Object.keys(acts).sort()).toEqual(all)
  })

  test('count first what the enforced ones refuse first, then, and for that reason', async () => {
    const reasons = new Set<RejectionReason>()
    await fc.assert(
      fc.asyncProperty(STEPS, NAMES, async (steps, names) => {
        const enforced = await run(pick(names), steps)
        const shadow = await run({ ...pick(names), mode: 'shadow' }, steps)
        const [first] = shadow.events
        if (enforced.refused === undefined) {
          expect(shadow.counts).toEqual({})
          return
        }
        const { atMs, reason } = enforced.refused
        reasons.add(reason)
        expect(first).toMatchObject({ type: 'shadowCounted', service: 'payments', atMs, counts: { [reason]: 1 } })
      }),
      { seed: 12, numRuns: 80 },
    )
    expect([...reasons].sort()).toEqual(['circuit-open', 'concurrency', 'rate-limited', 'shed'])
  })

  test('one layer in shadow leaves the others to act as if it were not there', async () => {
    const others = {
      retry: { maxAttempts: 2, backoff: { initial: '10ms' } },
      concurrency: { limit: 3, queue: 2 },
    } as const
    await fc.assert(
      fc.asyncProperty(STEPS, NAMES, async (steps, names) => {
        const watched = names.filter((name) => name !== 'concurrency')
        const shadow = Object.fromEntries(watched.map((name) => [name, { ...LAYERS[name], mode: 'shadow' }]))
        const timed = { ...others, ...shadow, hedge: { delay: '20ms', minDelay: 0, mode: 'shadow' } } as const
        expect((await run(timed, steps)).ends).toEqual((await run(others, steps)).ends)
      }),
      { seed: 13, numRuns: 40 },
    )
  })
})
