// Real handlers inside a simulation (semantics §1 and §4): what they are given, and what becomes of what they throw.
import { isConfigError, isDeadlineExceededError, isRejectedError, policy } from '@seakeep/core'
import { describe, expect, it } from 'vitest'
import {
  type AppHandler,
  at,
  constantArrivalRate,
  fail,
  type RunDocument,
  type ScenarioData,
  type ServiceData,
  service,
  simulate,
} from '../src/index.ts'
import { runScenario } from '../src/running/run-scenario.ts'
import { resolveScenario } from '../src/scenario/resolving/resolve-scenario.ts'

interface Story extends Partial<Omit<ScenarioData, 'topology'>> {
  readonly calls?: number
  readonly rate?: number
  /** Other services beside the one that is called. */
  readonly others?: Readonly<Record<string, ServiceData>>
}

/** `calls` calls (default 1), `rate` a second (default 100), to a service `api` whose code is `app`. */
function handle(
  app: AppHandler | ServiceData,
  { calls = 1, rate = 100, others, ...rest }: Story = {},
): Promise<RunDocument> {
  const api = typeof app === 'function' ? { app } : app
  return simulate({
    duration: '10s',
    network: { latency: 0 },
    topology: { api: service(api), ...others },
    workload: [constantArrivalRate({ to: 'api', rate, until: (calls * 1000) / rate })],
    ...rest,
  })
}

const outcomesOf = (run: RunDocument, edge = 'client>api'): Record<string, number> =>
  Object.fromEntries(Object.entries(run.edges[edge]?.outcomes ?? {}).filter(([, number]) => number > 0))

/** What a promise fails with. */
const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  )

describe('a handler answers', () => {
  it.each<[string, AppHandler]>([
    ['with what it returns', () => ({ id: 17 })],
    ['with what its promise resolves to', async () => ({ id: 17 })],
    ['with nothing', () => undefined],
  ])('%s', async (_, app) => {
    expect(outcomesOf(await handle(app))).toEqual({ ok: 1 })
  })

  it('to its caller: body, method and status go through', async () => {
    let seen: unknown
    const asked: unknown[] = []
    const db: AppHandler = (request) => {
      asked.push(request)
      return { rows: 3 }
    }
    await handle(
      async (_request, { client }) => {
        seen = await client('db').call({ method: 'POST /rows', body: { id: 1 } })
      },
      { others: { db: service({ app: db }) } },
    )
    expect(asked).toEqual([{ method: 'POST /rows', body: { id: 1 } }])
    expect(seen).toEqual({ status: 200, headers: {}, body: { rows: 3 } })
  })

  it('and holds its worker until it has', async () => {
    const run = await handle({ concurrency: 1, app: (_, { work }) => work('50ms') }, { calls: 3 })
    expect(run.services.api?.latencyMs.max).toBe(150 - 20)
    expect(run.services.api?.server.utilization).toBeCloseTo(150 / 10_000, 9)
  })
})

describe('work', () => {
  it('takes virtual time, by any distribution, drawn for each wait', async () => {
    const took: number[] = []
    const app: AppHandler = async (_request, { work, clock }) => {
      for (const length of ['10ms', 5, { uniform: { min: 1, max: 2 } }, { uniform: { min: 1, max: 2 } }]) {
        const before = clock.now()
        await work(length)
        took.push(clock.now() - before)
      }
    }
    await handle(app)
    expect(took.slice(0, 2)).toEqual([10, 5])
    expect(took[2]).toBeGreaterThanOrEqual(1)
    expect(took[2]).toBeLessThanOrEqual(2)
    expect(took[3]).not.toBe(took[2])
  })

  it('is lengthened by slow faults, once a request where they add', async () => {
    const app: AppHandler = async (_request, { work }) => {
      await work('10ms')
      await work('10ms')
    }
    const added = await handle(app, { faults: [at(0).slow('api', { add: '100ms' })] })
    expect(added.services.api?.latencyMs.max).toBe(120)
    const doubled = await handle(app, { faults: [at(0).slow('api', { factor: 2 })] })
    expect(doubled.services.api?.latencyMs.max).toBe(40)
    const idle = await handle(() => 'at once', { faults: [at(0).slow('api', { add: '100ms' })] })
    expect(idle.services.api?.latencyMs.max).toBe(100)
  })
})

describe('calls of a handler', () => {
  const db = service({ work: '20ms' })

  it('go through the governed pipeline of its own instance', async () => {
    const policies = { version: 1, targets: { db: { retry: { maxAttempts: 3, backoff: { initial: 0, max: 0 } } } } }
    const run = await handle(
      async (_request, { client }) => {
        await client('db').call({})
      },
      { others: { db: service({ errorRate: 0.5, replicas: 2 }) }, policies, calls: 200 },
    )
    const edge = run.edges['api>db']
    expect(edge?.amplification).toBeGreaterThan(1.5)
    expect(edge?.outcomes.ok).toBe(outcomesOf(run).ok)
    expect((edge?.outcomes.error ?? 0) / 200).toBeCloseTo(1 / 8, 1)
  })

  it('may be made in parallel, and given up', async () => {
    const policies = { version: 1, targets: { slow: { timeout: '30ms' } } }
    const failures: unknown[] = []
    const run = await handle(
      async (_request, { client }) => {
        await Promise.all([client('db').call({}), client('db').call({})])
        failures.push(await failureOf(client('slow').call({})))
        return 'without'
      },
      { others: { db, slow: service({ work: '1s' }) }, policies },
    )
    expect(run.services.api?.latencyMs.max).toBe(50)
    expect(isDeadlineExceededError(failures[0])).toBe(true)
    expect(run.services.slow).toMatchObject({ failed: 1, server: { completed: 1 } })
  })

  it('inherit the deadline of the call they are made for', async () => {
    const left: number[] = []
    const inner: AppHandler = (_request, { deadline }) => {
      left.push(deadline.remainingMs)
    }
    const outer: AppHandler = async (_request, { client, work, deadline }) => {
      left.push(deadline.remainingMs)
      await work('30ms')
      await client('inner').call({})
    }
    await handle(outer, {
      others: { inner: service({ app: inner }) },
      workload: [constantArrivalRate({ to: 'api', rate: 1, until: 1, deadline: '100ms', impatient: true })],
    })
    expect(left).toEqual([100, 70])
  })

  it('are judged by the instant of the call they are made for, not by one of their own', async () => {
    const run = await handle(
      async (_request, { client, work }) => {
        await work('90ms')
        await client('db').call({})
      },
      {
        others: { db },
        workload: [constantArrivalRate({ to: 'api', rate: 10, until: 1000, deadline: '100ms' })],
      },
    )
    expect(run.services.db).toMatchObject({ succeeded: 10, goodput: 0 })
  })

  it('beyond maxDepth are not made and count as success', async () => {
    const answers: unknown[] = []
    const app: AppHandler = async (_request, { client }) => {
      answers.push((await client('api').call({})).status)
    }
    const run = await handle(app, {
      workload: [constantArrivalRate({ to: 'api', rate: 1, until: 1, maxDepth: 4 })],
    })
    expect(run.services.api).toMatchObject({ offered: 4, succeeded: 4 })
    expect(run.edges['api>api']?.calls).toBe(3)
    expect(answers).toEqual([200, 200, 200, 200])
  })

  it('to a service that is not there stop the run with a ConfigError that knows better', async () => {
    const app: AppHandler = (_request, { client }) => client('dv').call({})
    for (const api of [{ app }, { app, onThrow: 'fail' }] as const) {
      const failure = await failureOf(handle(api, { others: { db } }))
      expect(isConfigError(failure)).toBe(true)
      expect((failure as Error).message).toMatch(/dv.*did you mean "?db/)
    }
  })

  it('made on the runtime itself, past the context, are booked as well', async () => {
    const app: AppHandler = async (_request, { runtime }) => {
      await runtime.client('db').call({})
    }
    const run = await handle(app, { others: { db }, calls: 5 })
    expect(run.edges['api>db']).toMatchObject({ calls: 5, attempts: 5, outcomes: { ok: 5 } })
    expect(outcomesOf(run)).toEqual({ ok: 5 })
  })
})

describe('what a handler throws', () => {
  it.each<[string, AppHandler]>([
    ['fail(reason)', () => fail('sold out')],
    ['fail(reason) after a while', async (_request, { work }) => work('5ms').then(() => fail('sold out'))],
    ['an error with a status', () => Promise.reject(Object.assign(new Error('gone'), { status: 410 }))],
    ['the failure of its own call', (_request, { client }) => client('broken').call({})],
  ])('%s is an answer: the outcome is error, as a 500 would be', async (_, app) => {
    const run = await handle(app, { calls: 3, others: { broken: service({ errorRate: 1 }) } })
    expect(outcomesOf(run)).toEqual({ error: 3 })
    expect(run.services.api?.server).toMatchObject({ errors: 3, completed: 0 })
  })

  it('anything else is a bug: the run stops, with the error and its stack as cause', async () => {
    const bug = new TypeError('x is not a function')
    const sync = await failureOf(
      handle(() => {
        throw bug
      }),
    )
    const later = await failureOf(
      handle(async (_request, { work }) =>
        work(1).then(() => {
          throw bug
        }),
      ),
    )
    for (const failure of [sync, later]) {
      expect(failure).toMatchObject({ name: 'HandlerError', service: 'api', cause: bug })
      expect((failure as Error).message).toBe('the handler of api threw: x is not a function')
    }
  })

  it('also where it is no Error', async () => {
    expect(await failureOf(handle(() => Promise.reject('no')))).toMatchObject({ name: 'HandlerError', cause: 'no' })
  })

  it("is a failure of the call with onThrow: 'fail'", async () => {
    const app: AppHandler = () => {
      throw new TypeError('x is not a function')
    }
    expect(outcomesOf(await handle({ app, onThrow: 'fail' }, { calls: 3 }))).toEqual({ error: 3 })
  })

  it('into the void stops the run, too', async () => {
    const app: AppHandler = () => {
      void Promise.reject(new Error('nobody listens'))
    }
    expect(await failureOf(handle(app))).toMatchObject({ message: 'nobody listens' })
  })

  it('after its instance has crashed is nobody’s business', async () => {
    const app: AppHandler = async (_request, { clock }) => {
      // Not through the clock of the instance, which stops with it.
      await new Promise<void>((resolve) => released.push(resolve))
      throw new Error(`too late, at ${clock.now()}`)
    }
    const released: (() => void)[] = []
    const other: AppHandler = () => {
      for (const release of released) release()
    }
    const run = await simulate({
      duration: '1s',
      network: { latency: 0 },
      topology: { api: service({ app }), other: service({ app: other }) },
      workload: [
        constantArrivalRate({ to: 'api', rate: 1, until: 1 }),
        constantArrivalRate({ to: 'other', rate: 1, from: 500, until: 501 }),
      ],
      faults: [at(100).crash('api#1')],
    })
    expect(outcomesOf(run)).toEqual({ error: 1 })
  })

  it('real time and chance are refused with the line that asked, and what to use instead', async () => {
    const failure = await failureOf(handle(() => crypto.randomUUID()))
    expect(failure).toMatchObject({ name: 'HandlerError' })
    expect((failure as Error).message).toMatch(/crypto\.randomUUID.*context\.random.*semantics-handlers\.test\.ts/s)
  })
})

describe('a policy inside a handler', () => {
  /** Fails at first, then answers; each instance has its own circuit. */
  function guarded(policyOf: 'context' | 'plain' | 'runtime'): { app: AppHandler; opened: Map<object, number> } {
    const opened = new Map<object, number>()
    const options = {
      name: `parity-${policyOf}`,
      circuitBreaker: { minimumCalls: 3, openFor: '1s', jitter: 0 },
    } as const
    const declared = policy(options)
    const app: AppHandler = async (_request, { policy: own, runtime, clock }) => {
      const guard = policyOf === 'plain' ? declared : policyOf === 'context' ? own(options) : runtime.policy(options)
      try {
        return await guard.execute(() => (clock.now() < 100 ? Promise.reject(new Error('not yet')) : 'ok'))
      } catch (error) {
        if (isRejectedError(error)) opened.set(runtime, (opened.get(runtime) ?? 0) + 1)
        return 'guarded'
      }
    }
    return { app, opened }
  }

  it.each(['context', 'plain', 'runtime'] as const)(
    'of the %s runs on the clock and state of its instance',
    async (from) => {
      const { app, opened } = guarded(from)
      // Each of two instances is called every 20 ms: at 0, 20, 40 … and at 10, 30, 50 …
      const run = await handle({ replicas: 2, app }, { calls: 200 })
      expect(outcomesOf(run)).toEqual({ ok: 200 })
      // Its third call opens the circuit, at 40 ms or at 50; it probes a second later. A circuit for both would open at 20.
      expect([...opened.values()].sort()).toEqual([49, 49])
      const at40 = run.events$.filter(({ type }) => type === 'circuitOpened').map(({ atMs, caller }) => [atMs, caller])
      expect(at40.map(([atMs]) => atMs)).toEqual([40, 50])
      expect(new Set(at40.map(([, caller]) => caller)).size).toBe(2)
    },
  )

  it('outside of a handler is refused during a run, with the line that used it', async () => {
    const stray = policy({ name: 'stray' })
    const scenario = resolveScenario({
      duration: '1s',
      topology: { api: service({ work: '1ms' }) },
      workload: [constantArrivalRate({ to: 'api', rate: 10 })],
    })
    // A distribution of one's own is user code, too, and belongs to no instance.
    const work = { meanMs: 1, sampleMs: () => Number(stray.execute(() => 1)) }
    const operations = new Map([['', { steps: [{ kind: 'work', work } as const], errorRate: 0 }]])
    const services = scenario.services.map((one) => ({ ...one, operations }))
    const refusal = await failureOf(runScenario({ ...scenario, services }))
    expect(isConfigError(refusal)).toBe(true)
    expect((refusal as Error).message).toMatch(/"stray".*outside of a handler.*semantics-handlers\.test\.ts/)
    // After the run it is the process's own again.
    expect(await stray.execute(() => 2)).toBe(2)
  })

  it('of module scope finds its instance in each of several runs at once', async () => {
    const declared = policy({
      name: 'module-scope',
      retry: { maxAttempts: 2, backoff: { initial: 10, max: 10, jitter: 'none' } },
    })
    const story = (duration: '10s' | '1s'): Promise<RunDocument> => {
      const app: AppHandler = (_request, { work }) =>
        declared.execute(({ attempt }) => (attempt === 1 ? work(1).then(() => fail('once')) : work(1)))
      return handle(app, { duration, calls: 50 })
    }
    const [one, other, third] = await Promise.all([story('1s'), story('10s'), story('1s')])
    for (const run of [one, other, third]) {
      expect(outcomesOf(run)).toEqual({ ok: 50 })
      expect(run.services.api?.latencyMs.max).toBe(12)
    }
  })
})
