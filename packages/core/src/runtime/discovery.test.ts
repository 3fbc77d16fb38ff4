// What a runtime makes of its registries: options, hints, and who is announced where.
import { ContainerModule } from 'inversify'
import { describe, expect, it } from 'vitest'
import type { Registry, RegistrySink } from '../discovery/registry.ts'
import type { Instance } from '../endpoint/endpoint.ts'
import { type CallOptions, createRuntime } from '../index.ts'
import { type AttachedServer, Tokens } from '../spi.ts'
import { ManualClock, MemoryTransport, SeededRandom } from '../testing/index.ts'

const instance = (id: string): Instance => ({
  id,
  service: 'orders',
  address: { host: id, port: 80 },
  protocol: 'memory',
  weight: 1,
})

class Scripted implements Registry {
  readonly name = 'scripted'
  readonly isReadOnly: boolean
  readonly asked: string[] = []
  sink: RegistrySink | undefined

  constructor(isReadOnly = false) {
    this.isReadOnly = isReadOnly
  }
  watch(_service: string, sink: RegistrySink): Disposable {
    this.sink = sink
    return { [Symbol.dispose]: () => {} }
  }
  register(_instance: Instance, _ttlMs: number, done: () => void): void {
    this.asked.push('register')
    done()
  }
  heartbeat(): void {}
  deregister(_instance: Instance, done: () => void): void {
    done()
  }
  refresh(service: string): void {
    this.asked.push(`refresh ${service}`)
  }
  close(): void {}
}

function modulesOf(clock: ManualClock, ...registries: Registry[]): ContainerModule[] {
  return [
    new ContainerModule(async (bindings) => {
      ;(await bindings.rebind(Tokens.clock)).toConstantValue(clock)
      ;(await bindings.rebind(Tokens.random)).toConstantValue(new SeededRandom(1))
      ;(await bindings.rebind(Tokens.events)).toConstantValue({ emit: () => {} })
      bindings.bind(Tokens.transport).toConstantValue(() => {
        const transport = new MemoryTransport(clock)
        transport.serve('a', (far) => far.answer(500))
        transport.serve('b', (far) => far.answer(200))
        return transport
      })
      for (const registry of registries) bindings.bind(Tokens.registry).toConstantValue(() => registry)
    }),
  ]
}

describe('discovery of a runtime', () => {
  it('believes registries by its options', async () => {
    const clock = new ManualClock()
    const registry = new Scripted()
    const discovery = { maxDropped: '10%', dropGrace: '5s' } as const
    const runtime = await createRuntime({ service: 'web', discovery, modules: modulesOf(clock, registry) })
    const cell = runtime.endpoints('orders')
    registry.sink?.instances([instance('a'), instance('b')], new Set())
    registry.sink?.instances([instance('a')], new Set())
    expect(cell.value.endpoints.length).toBe(2)
    clock.advance(5_000)
    expect(cell.value.endpoints.length).toBe(1)
    await runtime.close()
  })

  describe('calls before the first word of a registry', () => {
    const policies = { version: 1, targets: { orders: { timeout: '2s', loadBalancing: 'round-robin' } } }
    const waitingRuntime = async (extra: object = {}) => {
      const clock = new ManualClock()
      const registry = new Scripted()
      const modules = modulesOf(clock, registry)
      const runtime = await createRuntime({ service: 'web', policies: { ...policies, ...extra }, modules })
      const call = (options: CallOptions = {}) =>
        runtime
          .client('orders')
          .call({}, options)
          .then(
            ({ status }) => status,
            (error) => error.reason ?? error.code,
          )
      return { clock, registry, runtime, call }
    }

    it('wait for it, and go to whom it names', async () => {
      const { clock, registry, runtime, call } = await waitingRuntime()
      const [one, other] = [call(), call()]
      await clock.advanceAsync(1500)
      registry.sink?.instances([instance('b')])
      expect(await Promise.all([one, other])).toEqual([200, 200])
      expect(await call()).toBe(200)
      await runtime.close()
    })

    it('are refused where it is that nobody is there, or that the registry cannot be asked', async () => {
      const { registry, runtime, call } = await waitingRuntime()
      const one = call()
      registry.sink?.unknown()
      expect(await one).toBe('no-endpoint')
      const failing = await waitingRuntime()
      const other = failing.call()
      failing.registry.sink?.error(new Error('connect ECONNREFUSED'))
      expect(await other).toBe('no-endpoint')
      expect(await failing.call()).toBe('no-endpoint')
      await Promise.all([runtime.close(), failing.runtime.close()])
    })

    it('end in the time they have: of the policy, of the caller, and five seconds', async () => {
      const { clock, runtime, call } = await waitingRuntime()
      const [own, hasty] = [call(), call({ timeout: '100ms' })]
      await clock.advanceAsync(100)
      expect(await hasty).toBe('SEAKEEP_DEADLINE_EXCEEDED')
      await clock.advanceAsync(1900)
      expect(await own).toBe('SEAKEEP_DEADLINE_EXCEEDED')
      await runtime.close()
      const patient = await waitingRuntime({ targets: {} })
      const call5 = patient.call()
      await patient.clock.advanceAsync(5000)
      expect(await call5).toBe('no-endpoint')
      await patient.runtime.close()
      expect(patient.clock.pending).toBe(0)
    })

    it('end with their callers, and with the runtime', async () => {
      const { clock, registry, runtime, call } = await waitingRuntime()
      const controller = new AbortController()
      const [given, left] = [call({ signal: controller.signal }), call()]
      controller.abort()
      expect(await given).toBe('SEAKEEP_CANCELLED')
      await runtime.close()
      expect(await left).toBe('shutting-down')
      registry.sink?.instances([instance('b')])
      expect(clock.pending).toBe(0)
    })
  })

  it.each([
    [{ maxDropped: 50 }, 'discovery.maxDropped: 50 is not allowed'],
    [{ dropGrace: '10ms' }, 'discovery.dropGrace: "10ms" is not allowed'],
    [{ snapshot: '/tmp' }, 'did you mean snapshots?'],
  ])('names what is wrong in %j', async (discovery, message) => {
    await expect(createRuntime({ service: 'web', discovery: discovery as never })).rejects.toThrow(message)
  })

  it('hints to a registry that has to be asked that an endpoint could not be used', async () => {
    const clock = new ManualClock()
    const registry = new Scripted()
    const policies = {
      version: 1,
      targets: { orders: { loadBalancing: 'round-robin', circuitBreaker: { per: 'endpoint', minimumCalls: 1 } } },
    }
    const runtime = await createRuntime({ service: 'web', policies, modules: modulesOf(clock, registry) })
    runtime.endpoints('orders')
    registry.sink?.instances([instance('a'), instance('b')])
    expect(registry.asked).toEqual([])
    for (let i = 0; i < 2; i++)
      await runtime
        .client('orders')
        .call()
        .catch(() => {})
    expect(registry.asked).toEqual(['refresh orders'])
    await runtime.close()
  })

  it('announces itself in registries that can be written, and in no other', async () => {
    const clock = new ManualClock()
    const [file, consul] = [new Scripted(true), new Scripted()]
    const server: AttachedServer = {
      listen: (_options, told) => told({ host: '127.0.0.1', port: 80 }),
      close: (_graceMs, done) => done(),
    }
    const serving = new ContainerModule((bindings) => {
      bindings.bind(Tokens.server).toConstantValue(() => ({ protocol: 'memory', attach: () => server }))
    })
    const modules = [...modulesOf(clock, file, consul), serving]
    const runtime = await createRuntime({ service: 'web', modules })
    await runtime
      .serve({ name: 'web', drain: { spread: 0 } })
      .attach('memory', {})
      .listen({ port: 0 })
    expect([file.asked, consul.asked]).toEqual([[], ['register']])
    const closing = runtime.close()
    await clock.advanceAsync(1)
    await closing
  })
})
