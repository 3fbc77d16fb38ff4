// Defects that people have met with gRPC, each under its number in the list of defects. Those of draining (35) and of
// deadlines (36) stand in serving.itest.ts, a server that says nothing (33) in grpc-transport.itest.ts.
import { Server } from '@grpc/grpc-js'
import { createRuntime } from '@seakeep/core'
import { MemoryRegistry, realClock, Tokens } from '@seakeep/core/spi'
import { ManualClock } from '@seakeep/core/testing'
import { ContainerModule } from 'inversify'
import { afterEach, describe, expect, it } from 'vitest'
import { grpc } from '../src/index.ts'
import { Attempts } from './attempts.ts'
import { churnChannels, churnEndpoints, left } from './churn.ts'
import { endpointAt, serve } from './grpc-server.ts'
import { relayTo } from './relay.ts'

const open: { close(): Promise<void> }[] = []

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close()
})

describe('discovery', () => {
  it('3d 32: a new instance is called with the next call, and one that has left no more; no name is looked up', async () => {
    const registry = new MemoryRegistry(realClock())
    const asked: string[] = []
    const start = async (id: string) => {
      const server = await serve({
        'test.Echo/Answer': (call, done) => {
          asked.push(id)
          done(null, call.request)
        },
      })
      open.push(server)
      return { ...server.endpoint, id, service: 'echo' }
    }
    const [one, two] = [await start('one'), await start('two')]
    registry.register(one, Number.POSITIVE_INFINITY, () => {})
    const rt = await createRuntime({
      service: 'shop',
      policies: { version: 1, targets: { echo: { loadBalancing: 'round-robin' } } },
      modules: [grpc(), new ContainerModule(({ bind }) => void bind(Tokens.registry).toConstantValue(() => registry))],
    })
    open.push(rt)
    const call = () => rt.client('echo').call({ method: 'test.Echo/Answer' })
    await call()
    registry.register(two, Number.POSITIVE_INFINITY, () => {})
    await call()
    await call()
    expect(asked.slice(1).toSorted()).toEqual(['one', 'two'])
    registry.deregister(one, () => {})
    asked.length = 0
    for (let i = 0; i < 4; i++) await call()
    expect(asked).toEqual(['two', 'two', 'two', 'two'])
  })
})

describe('connections', () => {
  it('3d 33: a half-open connection is given up for a new one, long before TCP does', async () => {
    const server = await serve({ 'test.Echo/Answer': (call, done) => done(null, call.request) })
    const relay = await relayTo(server.endpoint.address.port)
    const time = new ManualClock()
    const attempts = new Attempts(endpointAt(relay.port), {}, time)
    open.push(server, relay, attempts)
    expect((await attempts.send().ended).ending).toBe('ok')
    relay.freeze()
    // As the pipeline does it: each attempt is called off at its timeout.
    for (let i = 0; i < 4; i++) {
      const sent = attempts.send()
      time.advance(1000)
      sent.cancel('timeout')
    }
    expect((await attempts.send().ended).ending).toBe('ok')
    expect(relay.connections()).toBe(2)
  })

  it('3d 33: a slow server keeps its connection, as long as it says anything', async () => {
    let answer = (): void => {}
    const server = await serve({
      'test.Echo/Answer': (call, done) => {
        if (call.request.length > 0) done(null, call.request)
        else answer = () => done(null, call.request)
      },
    })
    const relay = await relayTo(server.endpoint.address.port)
    const time = new ManualClock()
    const attempts = new Attempts(endpointAt(relay.port), {}, time)
    open.push(server, relay, attempts)
    for (let i = 0; i < 6; i++) {
      const slow = attempts.send()
      time.advance(1000)
      expect((await attempts.send({ body: new Uint8Array(1) }).ended).ending).toBe('ok')
      time.advance(1000)
      slow.cancel('timeout')
    }
    answer()
    expect(relay.connections()).toBe(1)
  })

  it('3d 34: channels that were closed and endpoints that flapped leave nothing behind', {
    timeout: 120_000,
  }, async () => {
    await churnChannels(60)
    await churnEndpoints(200, 500)
    const before = await left()
    await churnChannels(300)
    expect(await churnEndpoints(200, 2000)).toBeGreaterThan(20)
    const after = await left()
    expect(after.sockets).toBeLessThanOrEqual(before.sockets)
    expect(after.timers).toBeLessThanOrEqual(before.timers + 1)
    // A channel that stayed would be some 30 KiB, 300 of them 9 MiB.
    expect(after.heapBytes - before.heapBytes).toBeLessThan(4 * 2 ** 20)
  })
})

describe('rollouts', () => {
  /** Two servers behind one registry, called without a pause until the returned function is. */
  async function rollout(health: object) {
    const registry = new MemoryRegistry(realClock())
    // Shared: who is closed first does not close it for the others.
    registry.close = () => {}
    const module = new ContainerModule(({ bind }) => void bind(Tokens.registry).toConstantValue(() => registry))
    const asked = { one: 0, two: 0 }
    const start = async (id: 'one' | 'two') => {
      const rt = await createRuntime({ service: 'echo', modules: [grpc(), module] })
      open.push(rt)
      const server = new Server()
      server.addService(ECHO, {
        Answer: (call: { readonly request: Buffer }, done: (error: null, answer: Buffer) => void) => {
          asked[id] += 1
          done(null, call.request)
        },
      })
      const served = rt.serve({ name: 'echo', id, drain: { spread: '300ms', finish: '5s' } }).grpc(server)
      await served.listen({ host: '127.0.0.1', port: 0 })
      return served
    }
    const one = await start('one')
    await start('two')
    const shop = await createRuntime({
      service: 'shop',
      // One attempt: what is sent to somebody who is about to leave is not put right by another.
      policies: { version: 1, targets: { echo: { loadBalancing: 'round-robin', retry: false, ...health } } },
      modules: [grpc(), module],
    })
    open.push(shop)
    const call = () => shop.client('echo').call({ method: 'test.Echo/Answer' })
    while (asked.one < 3 || asked.two < 3) await call()
    return { one, shop, asked, call, registry }
  }

  it('3e 38: who drains is called no more before it stops listening, and no call fails (linkerd2#6238, istio#7665)', async () => {
    const { one, asked, call } = await rollout({})
    let isDrained = false
    const drained = one.drain().then(() => {
      isDrained = true
    })
    await call()
    await call()
    const before = asked.one
    while (!isDrained) await call()
    await drained
    expect(asked.one).toBe(before)
    expect(asked.two).toBeGreaterThan(3)
  })

  it('3e 38: who says that it is not ready attracts no traffic, though its registration stays (istio#39870)', async () => {
    const { one, shop, asked, call, registry } = await rollout({ health: { grpc: true, interval: '10m', jitter: 0 } })
    const state = () => shop.health('echo').value.byEndpoint.one?.state
    await expect.poll(state, { timeout: 10_000 }).toBe('healthy')
    // The registry is told late, or not at all.
    const deregister = registry.deregister.bind(registry)
    registry.deregister = (instance, done) => (instance.id === 'one' ? done() : deregister(instance, done))
    const drained = one.drain()
    await expect.poll(state, { timeout: 10_000 }).toBe('unhealthy')
    const before = asked.one
    for (let i = 0; i < 20; i++) await call()
    expect(asked.one).toBe(before)
    await drained
    expect(await call()).toMatchObject({ status: 200 })
  })
})

const same = (bytes: Buffer): Buffer => bytes
const ECHO = {
  Answer: {
    ...{ path: '/test.Echo/Answer', requestStream: false, responseStream: false },
    ...{ requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same },
  },
} as const
