// What a runtime makes of its registries: options, hints, and who is announced where.
import { ContainerModule } from 'inversify'
import { describe, expect, it } from 'vitest'
import type { Registry, RegistrySink } from '../discovery/registry.ts'
import type { Instance } from '../endpoint/endpoint.ts'
import { createRuntime } from '../index.ts'
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
