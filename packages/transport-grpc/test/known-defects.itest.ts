// Defects of grpc-js that people have met, each under its number in the list of defects. Those of draining (35) and of
// deadlines (36) stand in serving.itest.ts.
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
