// What a function's policy finds on its way in: the inbound request on whose behalf it is called, and a record of what was
// decided where calls are explained.
import { describe, expect, it } from 'vitest'
import { outsideRequest } from '../src/index.ts'
import { assembleRuntime, NO_LOAD, NO_SIGNALS, type RuntimeParts, requestScope } from '../src/spi.ts'
import { ManualClock, SeededRandom } from '../src/testing/index.ts'
import { Watched } from './bench.ts'

function given(parts: Partial<RuntimeParts> = {}) {
  const clock = new ManualClock()
  const runtime = assembleRuntime(
    { service: 'web', policies: undefined },
    {
      ...{ clock, random: new SeededRandom(1), events: { emit: () => {} }, requests: requestScope },
      ...{ transports: [], registries: [], servers: [], load: NO_LOAD, signals: NO_SIGNALS },
    },
    parts,
  )
  const never = () => new Promise<never>(() => {})
  return { clock, runtime, never, watch: <T>(promise: Promise<T>) => new Watched(promise, clock) }
}
const REQUEST = { deadlineMs: 300, attempt: 1, priority: undefined }

describe('policy() on behalf of a request', () => {
  it('ends by its deadline, where that is earlier than its own', async () => {
    const { clock, runtime, never, watch } = given()
    const policy = runtime.policy({ name: 'quotes', timeout: '1s' })
    const deadlines: number[] = []
    const run = ({ deadline }: { deadline: { atMs: number } }) => {
      deadlines.push(deadline.atMs)
      return never()
    }
    const inside = requestScope.run(REQUEST, () => [
      watch(policy.execute(run)),
      watch(policy.execute(run, { timeout: '100ms' })),
      watch(outsideRequest(() => policy.execute(run))),
    ])
    await clock.advanceAsync(2000)
    expect(deadlines).toEqual([300, 100, 1000])
    expect(inside.map(({ atMs }) => atMs)).toEqual([300, 100, 1000])
    for (const call of inside) expect(call.failure).toMatchObject({ code: 'SEAKEEP_DEADLINE_EXCEEDED' })
  })

  it('is not retried where the request is a retry', async () => {
    const { clock, runtime, watch } = given()
    const policy = runtime.policy({ name: 'quotes', retry: { maxAttempts: 3, backoff: { initial: 0, max: 0 } } })
    let runs = 0
    const failing = () => {
      runs += 1
      return Promise.reject(new Error('broken'))
    }
    for (const [attempt, expected] of [
      [1, 3],
      [2, 1],
    ] as const) {
      runs = 0
      const call = requestScope.run({ ...REQUEST, attempt, deadlineMs: Number.POSITIVE_INFINITY }, () =>
        watch(policy.execute(failing, { key: 'eu' })),
      )
      await clock.advanceAsync(10)
      expect([call.isSettled, runs]).toEqual([true, expected])
    }
  })

  it('waits in the line by the class of the request', async () => {
    const { clock, runtime } = given()
    const policy = runtime.policy({
      ...{ name: 'quotes' },
      concurrency: { limit: 1, queue: 9, discipline: 'priority', order: ['low', 'high'], maxWait: '10s' },
    })
    const order: string[] = []
    const work = (name: string) => () => {
      order.push(name)
      return new Promise<void>((done) => void clock.schedule(clock.now() + 10, { onTimer: () => done() }))
    }
    const asked = (priority: string) =>
      requestScope.run({ ...REQUEST, deadlineMs: 10_000, priority }, () => policy.execute(work(priority)))
    const calls = [policy.execute(work('first')), asked('low'), asked('high')]
    await clock.advanceAsync(100)
    await Promise.all(calls)
    expect(order).toEqual(['first', 'high', 'low'])
  })
})

describe('rt.explain of a function’s policy', () => {
  it('gives its decisions, by the id of an error of the family', async () => {
    const { clock, runtime, watch } = given({ explain: { ratio: 1, keep: 9 } })
    const policy = runtime.policy({ name: 'quotes', retry: { maxAttempts: 2, backoff: { initial: 0, max: 0 } } })
    const call = watch(policy.execute(() => Promise.reject(new Error('broken'))))
    await clock.advanceAsync(10)
    expect(call.error).toMatchObject({ message: 'broken' })
    const [explanation] = runtime.explanations()
    expect(explanation?.callId).toBe('quotes-1')
    const attempt = ['sent', 'answered', 'judged']
    expect(explanation?.decisions.map(({ step }) => step)).toEqual([...attempt, 'backoff', 'retry-budget', ...attempt])
    expect(explanation).toMatchObject({ service: 'quotes', policy: [], outcome: { ending: 'error', attempts: 2 } })
    expect(String(explanation)).toContain('attempt 2 ends: error broken')
    await runtime.close()
    const refused = watch(policy.execute(() => 1))
    await clock.advanceAsync(0)
    expect(runtime.explain(refused.failure.callId as string)?.outcome).toMatchObject({ ending: 'shutting-down' })
  })
})

describe('a key of a policy', () => {
  it('draws from streams of its own: what opens one circuit leaves the open time of another as it is', async () => {
    const openFor = async (others: number): Promise<unknown> => {
      const { runtime } = given()
      const policy = runtime.policy({ name: 'quotes', circuitBreaker: { minimumCalls: 1, jitter: 0.5 } })
      const told: unknown[] = []
      policy.events$.subscribe((event) => told.push('openForMs' in event ? event.openForMs : undefined))
      const fail = (key: string) => policy.execute(() => Promise.reject(new Error('x')), { key }).catch(() => {})
      for (let i = 0; i < others; i++) await fail(`other-${i}`)
      await fail('eu')
      return told.at(-1)
    }
    expect(await openFor(3)).toBe(await openFor(0))
  })
})
