// createRuntime: what modules bring, replace and add, and that the container is gone from what comes out.
import { ContainerModule } from 'inversify'
import { describe, expect, it } from 'vitest'
import {
  type Classifier,
  classify,
  createRuntime,
  type GovernanceEvent,
  type Instance,
  isConfigError,
  memoryRegistry,
  type Runtime,
} from '../src/index.ts'
import {
  type Balancer,
  type BalancerFactory,
  createBalancer,
  type LimitAlgorithm,
  type LimitAlgorithmFactory,
  type Load,
  Tokens,
} from '../src/spi.ts'
import { type FarHandler, ManualClock, MemoryTransport, SeededRandom } from '../src/testing/index.ts'

const instance = (id: string): Instance => ({
  id,
  service: 'orders',
  address: { host: id, port: 80 },
  protocol: 'memory',
  weight: 1,
})

/** A module that brings a transport in memory whose endpoints all answer with `handler`. */
function memory(handler: FarHandler, ...ids: string[]): ContainerModule {
  return new ContainerModule((bindings) => {
    bindings.bind(Tokens.transport).toConstantValue(({ clock }) => {
      const transport = new MemoryTransport(clock)
      for (const id of ids) transport.serve(id, handler)
      return transport
    })
  })
}

/** A module that replaces the clock, chance and events of the process. */
function still(clock: ManualClock, events: GovernanceEvent[] = []): ContainerModule {
  return new ContainerModule(async (bindings) => {
    ;(await bindings.rebind(Tokens.clock)).toConstantValue(clock)
    ;(await bindings.rebind(Tokens.random)).toConstantValue(new SeededRandom(1))
    ;(await bindings.rebind(Tokens.events)).toConstantValue({ emit: (event) => void events.push(event) })
  })
}

const known = memoryRegistry({ instances: [instance('a'), instance('b')] })

describe('createRuntime', () => {
  it('joins transports, registries and the process’s own ports', async () => {
    await using runtime = await createRuntime({
      service: 'web',
      policies: { version: 1, targets: { orders: { timeout: '5s' } } },
      modules: [memory((far) => far.answer(200, far.request.method), 'a', 'b'), known],
    })
    expect(await runtime.client('orders').call({ method: 'GET /x' })).toEqual({
      status: 200,
      headers: {},
      body: 'GET /x',
    })
    expect(runtime.endpoints('orders').value.endpoints.map(({ id }) => id)).toEqual(['a', 'b'])
    expect(runtime.service).toBe('web')
  })

  it('runs on a clock, chance and event sink of one’s own', async () => {
    const clock = new ManualClock()
    const events: GovernanceEvent[] = []
    const runtime = await createRuntime({
      service: 'web',
      policies: { version: 1, targets: { orders: { timeout: '5s', circuitBreaker: { minimumCalls: 1 } } } },
      modules: [memory(() => {}, 'a', 'b'), known, still(clock, events)],
    })
    const call = runtime.client('orders').call()
    const failure = expect(call).rejects.toMatchObject({ code: 'SEAKEEP_DEADLINE_EXCEEDED' })
    await clock.advanceAsync(5000)
    await failure
    expect(events.map(({ type, atMs }) => [type, atMs])).toContainEqual(['circuitOpened', 5000])
    await runtime.close()
  })

  it('registries are asked in the order of the modules, and the first that knows answers', async () => {
    const elsewhere = memoryRegistry({
      instances: [
        { ...instance('z'), service: 'stock' },
        { ...instance('y'), service: 'orders' },
      ],
    })
    await using runtime = await createRuntime({
      service: 'web',
      modules: [memory((far) => far.answer(200), 'a', 'b', 'y', 'z'), known, elsewhere, still(new ManualClock())],
    })
    expect(runtime.endpoints('orders').value.endpoints.map(({ id }) => id)).toEqual(['a', 'b'])
    expect(runtime.endpoints('stock').value.endpoints.map(({ id }) => id)).toEqual(['z'])
  })

  it('a balancer of one’s own gets each target’s policy and decides', async () => {
    const asked: string[] = []
    const sent: string[] = []
    const factory: BalancerFactory = (algorithm, random, service): Balancer => {
      asked.push(`${service} ${algorithm}`)
      const inner = createBalancer('p2c', random, service)
      return {
        algorithm: 'last',
        picker: (rows) => ({ pick: () => rows.at(-1) }),
        onSend: (load: Load, nowMs) => inner.onSend(load, nowMs),
        onAnswer: (load, ms, nowMs) => inner.onAnswer(load, ms, nowMs),
        onEnd: (load, isFailure, ms, nowMs) => inner.onEnd(load, isFailure, ms, nowMs),
      }
    }
    const own = new ContainerModule(async (bindings) => {
      ;(await bindings.rebind(Tokens.balancer)).toConstantValue(factory)
    })
    const handler: FarHandler = (far) => {
      sent.push(far.request.headers.host ?? '')
      far.answer(200)
    }
    await using runtime = await createRuntime({
      service: 'web',
      policies: { version: 1, targets: { orders: { loadBalancing: 'round-robin' } } },
      modules: [memory(handler, 'b'), known, own, still(new ManualClock())],
    })
    // Nobody stands behind `a`; every call must go to the last, `b`.
    for (let i = 0; i < 5; i++) await runtime.client('orders').call()
    expect(sent).toHaveLength(5)
    expect(asked).toEqual(['orders round-robin'])
  })

  it('a balancer of one’s own may leave targets to the one that their policy names', async () => {
    const sent: string[] = []
    const own = new ContainerModule(async (bindings) => {
      ;(await bindings.rebind(Tokens.balancer)).toConstantValue(() => undefined)
    })
    const clock = new ManualClock()
    const transport = new MemoryTransport(clock)
    for (const id of ['a', 'b']) {
      transport.serve(id, (far) => {
        sent.push(id)
        far.answer(200)
      })
    }
    const mine = new ContainerModule((bindings) => {
      bindings.bind(Tokens.transport).toConstantValue(() => transport)
    })
    await using runtime = await createRuntime({
      service: 'web',
      policies: { version: 1, targets: { orders: { loadBalancing: 'round-robin' } } },
      modules: [mine, known, own, still(clock)],
    })
    for (let i = 0; i < 4; i++) await runtime.client('orders').call()
    expect(sent.toSorted()).toEqual(['a', 'a', 'b', 'b'])
  })

  it('a limit algorithm of one’s own finds the limits of calls, of guarded functions and of what is served', async () => {
    const asked: string[] = []
    const factory: LimitAlgorithmFactory = ({ algorithm, min, max }, _random, service): LimitAlgorithm | undefined => {
      asked.push(`${service} ${algorithm} ${min} ${max}`)
      if (algorithm !== 'vegas') return undefined
      return { limit: 7, needsBaseline: false, decide: () => 7, setBounds: () => {} }
    }
    const own = new ContainerModule(async (bindings) => {
      ;(await bindings.rebind(Tokens.limit)).toConstantValue(factory)
    })
    const vegas = { algorithm: 'vegas', initial: 5, min: 2, max: 9 } as const
    const gradient = { algorithm: 'gradient', initial: 5, min: 2, max: 9 } as const
    const clock = new ManualClock()
    await using runtime = await createRuntime({
      service: 'web',
      policies: {
        version: 1,
        targets: { orders: { concurrency: vegas }, 'orders/GET /all': { concurrency: gradient } },
        inbound: { web: { concurrency: vegas } },
      },
      modules: [memory((far) => far.answer(200), 'a', 'b'), known, own, still(clock)],
    })
    await runtime.client('orders').call({ method: 'GET /one' })
    await runtime.client('orders').call({ method: 'GET /all' })
    expect(runtime.limiter('orders').value.limit).toBe(7)
    const policy = runtime.policy({ name: 'quotes', concurrency: vegas })
    expect(policy.state.value.limit).toBe(7)
    const { admission } = runtime.serve({ name: 'web' })
    const admitted: number[] = []
    for (let i = 0; i < 20; i++) {
      admission.enter(Number.POSITIVE_INFINITY, { admit: () => void admitted.push(i), refuse: () => {} })
    }
    expect(admitted.length).toBe(7)
    expect(asked).toEqual(['orders vegas 2 9', 'orders gradient 2 9', 'quotes vegas 2 9', 'inbound vegas 2 9'])
  })

  it('a classifier of one’s own says what a failure is', async () => {
    const own: Classifier = ({ value, error, attempt }) =>
      (value as { status?: number } | undefined)?.status === 418 ? 'failure' : classify({ value, error, attempt })
    const teapots = new ContainerModule(async (bindings) => {
      ;(await bindings.rebind(Tokens.classifier)).toConstantValue(own)
    })
    let attempts = 0
    const handler: FarHandler = (far) => {
      attempts += 1
      far.answer(418)
    }
    const clock = new ManualClock()
    await using runtime = await createRuntime({
      service: 'web',
      policies: { version: 1, targets: { orders: { retry: { backoff: { initial: 0, max: 0 } } } } },
      modules: [memory(handler, 'a', 'b'), known, still(clock), teapots],
    })
    const failure = expect(runtime.client('orders').call()).rejects.toMatchObject({
      status: 418,
      retryStopped: 'attempts',
    })
    await clock.advanceAsync(1)
    await failure
    expect(attempts).toBe(3)
  })

  it('of two modules that bind the same port the later one counts', async () => {
    const [early, late] = [new ManualClock(), new ManualClock()]
    late.advance(7000)
    const events: GovernanceEvent[] = []
    await using runtime = await createRuntime({ service: 'web', modules: [still(early), still(late, events), known] })
    runtime.endpoints('orders')
    expect(events.map(({ atMs }) => atMs)).toEqual([7000, 7000])
  })

  it('each has ports, targets and policies of its own, though made from the same modules', async () => {
    const modules = [memory((far) => far.answer(500), 'a', 'b'), known, still(new ManualClock())]
    const policies = { version: 1, targets: { orders: { circuitBreaker: { minimumCalls: 1, per: 'service' } } } }
    const make = (): Promise<Runtime> => createRuntime({ service: 'web', policies, modules })
    const [one, other] = [await make(), await make()]
    await one
      .client('orders')
      .call()
      .catch(() => {})
    expect(one.breaker('orders').value).toBe('open')
    expect(other.breaker('orders').value).toBe('closed')
    expect(one.policy({ name: 'p' })).not.toBe(other.policy({ name: 'p' }))
    await one.close()
    await expect(other.client('orders').call()).rejects.toMatchObject({ status: 500 })
    await other.close()
  })

  it('a document that cannot be used is an error with its path', async () => {
    const failure = await createRuntime({
      service: 'web',
      policies: { version: 1, targets: { orders: { timout: '1s' } } },
    }).then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(isConfigError(failure)).toBe(true)
    expect((failure as Error).message).toMatch(/targets\.orders\.timout.*did you mean "?timeout/s)
  })

  it('what a missing module would bring is named', async () => {
    await using runtime = await createRuntime({ service: 'web', modules: [known] })
    expect(() => (runtime.serve({ name: 'web' }) as unknown as { http(server: unknown): void }).http({})).toThrow(
      /@seakeep\/transport-http/,
    )
  })
})
