// `mode: shadow` of calls, shown by whole scenarios: the same run as without the layers, and what they would have done.
import { describe, expect, test } from 'vitest'
import { defineScenario, type RunDocument, simulate } from '../src/index.ts'

type Layers = Readonly<Record<string, unknown>>

const ALL: Layers = {
  timeout: '300ms',
  retry: { maxAttempts: 3, attemptTimeout: '100ms' },
  hedge: true,
  circuitBreaker: { openFor: '2s', window: '1s', minimumCalls: 10, failureRatio: 0.3 },
  concurrency: { limit: 6 },
  rateLimit: { rate: 180, burst: 10 },
  throttle: { multiplier: 1.2 },
  outlier: { consecutiveFailures: 3, baseEjection: '2s' },
  health: { tcp: true, interval: '1s' },
}

function run(layers: Layers, seed: number): Promise<RunDocument> {
  return simulate(
    defineScenario({
      name: 'shadow',
      duration: '40s',
      topology: { orders: { replicas: 4, concurrency: 2, queue: 8, work: { exponential: { mean: '10ms' } } } },
      workload: [{ poisson: { to: 'orders', rate: 200, deadline: '1s' } }],
      faults: [
        { at: '5s', error: { target: 'orders', ratio: 0.5, for: '5s' } },
        { at: '12s', slow: { target: 'orders#1', factor: 12, for: '6s' } },
        { at: '20s', error: { target: 'orders#2', for: '6s' } },
        { at: '28s', crash: { target: 'orders#3' } },
      ],
      policies: { version: 1, targets: { orders: layers } },
    }),
    { seed },
  )
}

/** All that was measured. */
const measured = ({ services, edges, workload, traceHash }: RunDocument) => ({ services, edges, workload, traceHash })
const typesOf = ({ events$ }: RunDocument) => new Set(events$.map(({ type }) => type))
const countsOf = ({ events$ }: RunDocument): Record<string, number> => {
  const all: Record<string, number> = {}
  for (const { type, counts } of events$) {
    if (type !== 'shadowCounted') continue
    for (const [act, count] of Object.entries(counts as object)) all[act] = (all[act] ?? 0) + (count as number)
  }
  return all
}

describe('a policy in shadow', () => {
  test.each([1, 2, 3])('leaves a run as it is without it, to the trace hash: seed %i', async (seed) => {
    const [off, shadow] = [await run({ ...ALL, mode: 'off' }, seed), await run({ ...ALL, mode: 'shadow' }, seed)]
    expect(measured(shadow)).toEqual(measured(off))
    const acts = ['attempt-timeout', 'circuit-open', 'concurrency', 'ejected', 'endpoint-circuit-open', 'failed-checks']
    expect(Object.keys(countsOf(shadow))).toEqual(expect.arrayContaining([...acts, 'rate-limited', 'retried', 'shed']))
    expect(typesOf(shadow)).toContain('circuitOpened')
    for (const event of shadow.events$)
      if (event.type === 'circuitOpened') expect(event).toHaveProperty('isShadow', true)
  })

  test.each(Object.keys(ALL).filter((name) => name !== 'timeout'))('each layer alone: %s', async (name) => {
    const layer = ALL[name] === true ? {} : (ALL[name] as object)
    const shadow = await run({ [name]: { ...layer, mode: 'shadow' } }, 5)
    expect(measured(shadow)).toEqual(measured(await run({}, 5)))
    expect(Object.keys(countsOf(shadow)).length).toBeGreaterThan(0)
  })

  test('beside layers that act, whose run it leaves as it is', async () => {
    const acting = { retry: { maxAttempts: 2 }, outlier: ALL.outlier, concurrency: { limit: 12, queue: 8 } }
    const watched = Object.fromEntries(
      ['circuitBreaker', 'rateLimit', 'throttle'].map((name) => [name, { ...(ALL[name] as object), mode: 'shadow' }]),
    )
    const hedge = { mode: 'shadow' }
    expect(measured(await run({ ...acting, ...watched, hedge }, 7))).toEqual(measured(await run(acting, 7)))
  })
})
