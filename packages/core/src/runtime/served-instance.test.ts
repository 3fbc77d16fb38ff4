import { describe, expect, it } from 'vitest'
import { MemoryRegistry } from '../discovery/memory-registry.ts'
import type { RegistryAnswer } from '../discovery/registry.ts'
import type { Instance } from '../endpoint/endpoint.ts'
import { isConfigError } from '../errors/seakeep-error.ts'
import { SeededRandom } from '../random/seeded-random.ts'
import { NO_LOAD } from '../serving/load-monitor.ts'
import type { AttachedServer, ServerHost } from '../serving/server-adapter.ts'
import { NO_EVENTS } from '../telemetry/events.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import type { ProcessSignals } from './process-signals.ts'
import { ServedInstance, type ServeOptions } from './served-instance.ts'

/** A served instance on standing time, and the order in which things happen to it. */
function serving(options: Partial<ServeOptions> = {}) {
  const clock = new ManualClock()
  const registry = new MemoryRegistry(clock)
  const log: string[] = []
  const listed: (readonly Instance[])[] = []
  registry.watch('orders', {
    instances: (instances) => {
      listed.push(instances)
      log.push(`${clock.now()} listed ${instances.map(({ id }) => id).join()}`)
    },
    unknown: () => {},
    error: () => {},
  })
  let onClosed: () => void = () => {}
  let terminate: (() => void) | undefined
  let host: ServerHost | undefined
  const server: AttachedServer = {
    listen: ({ host: at = '10.0.0.7' }, told) => told({ host: at, port: 8080 }),
    close: (graceMs, done) => {
      log.push(`${clock.now()} closing within ${graceMs}`)
      onClosed = done
    },
  }
  const signals: ProcessSignals = {
    onTerminate: (told) => {
      terminate = told
      return {
        [Symbol.dispose]: () => {
          terminate = undefined
        },
      }
    },
  }
  const ports = {
    ...{ clock, registries: [registry], transports: [], load: NO_LOAD, signals },
    ...{ random: new SeededRandom(1), events: NO_EVENTS },
    servers: [
      {
        protocol: 'http',
        attach: (_server: unknown, of: ServerHost) => {
          host = of
          return server
        },
      },
    ],
  }
  const instance = new ServedInstance({ name: 'orders', ...options }, ports, NO_EVENTS, undefined)
  return {
    ...{ clock, registry, instance, log, listed },
    isReady: () => host?.isReady,
    serverIsClosed: () => onClosed(),
    signal: () => terminate?.(),
    hearsSignals: () => terminate !== undefined,
    isRefusing: () => {
      let reason = ''
      const refuse = (why: string): void => {
        reason = why
      }
      instance.admission.enter(Number.POSITIVE_INFINITY, { admit: () => {}, refuse }).leave()
      return reason === 'shutting-down'
    },
  }
}

describe('a served instance', () => {
  it('registers when it listens, and not before', async () => {
    const { instance, listed, isReady } = serving({ version: '2', zone: 'a', weight: 3, meta: { team: 'x' } })
    instance.attach('http', {})
    expect([isReady(), listed]).toEqual([false, []])
    expect(await instance.listen({ port: 0 })).toEqual({ host: '10.0.0.7', port: 8080 })
    expect(isReady()).toBe(true)
    expect(listed).toEqual([
      [
        {
          ...{ id: 'orders@10.0.0.7:8080', service: 'orders', address: { host: '10.0.0.7', port: 8080 } },
          ...{ protocol: 'http', weight: 3, version: '2', zone: 'a', meta: { team: 'x' } },
        },
      ],
    ])
  })

  it('is listening for its caller when registries have answered, or had two seconds to', async () => {
    const { clock, instance, registry } = serving()
    const asked: RegistryAnswer[] = []
    registry.register = (_instance, _ttlMs, done) => asked.push(done)
    let isListening = false
    const listening = instance.attach('http', {}).listen({ port: 0 })
    void listening.then(() => {
      isListening = true
    })
    await clock.advanceAsync(1000)
    expect([asked.length, isListening]).toEqual([1, false])
    asked[0]?.()
    expect((await listening).port).toBe(8080)

    const silent = serving()
    silent.registry.register = () => {}
    const anyway = silent.instance.attach('http', {}).listen({ port: 0 })
    await silent.clock.advanceAsync(2000)
    expect((await anyway).port).toBe(8080)
  })

  it('keeps its lease as it is told to', async () => {
    const { clock, instance, registry } = serving({ lease: { ttl: '30s', heartbeat: '10s' } })
    const registered: number[] = []
    const heartbeats: number[] = []
    const { register, heartbeat } = registry
    registry.register = (one, ttlMs, done) => {
      registered.push(ttlMs)
      register.call(registry, one, ttlMs, done)
    }
    registry.heartbeat = (one, ttlMs, done) => {
      heartbeats.push(clock.now())
      heartbeat.call(registry, one, ttlMs, done)
    }
    await instance.attach('http', {}).listen({ port: 0 })
    await clock.advanceAsync(60_000)
    expect(registered).toEqual([30_000])
    const waits = heartbeats.slice(1).map((atMs, i) => atMs - (heartbeats[i] ?? 0))
    expect(waits.length).toBeGreaterThanOrEqual(3)
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(8000)
    expect(Math.max(...waits)).toBeLessThanOrEqual(12_000)
  })

  it('is announced where others reach it', async () => {
    const { instance, listed } = serving({ id: 'orders#1', advertise: { host: 'orders.example' } })
    await instance.attach('http', {}).listen({ port: 0 })
    expect(listed[0]?.[0]).toMatchObject({ id: 'orders#1', address: { host: 'orders.example', port: 8080 } })
  })

  it('drains in order: not ready, deregister, spread, finish, close', async () => {
    const { instance, clock, log, isReady, isRefusing, serverIsClosed, signal, hearsSignals } = serving()
    await instance.attach('http', {}).listen({ port: 0 })
    clock.advance(100)
    signal()
    expect(isReady()).toBe(false)
    expect(hearsSignals()).toBe(false)
    let isDrained = false
    const drained = instance.drain().then(() => {
      isDrained = true
    })
    clock.advance(4999)
    expect(isRefusing()).toBe(false)
    clock.advance(1)
    expect(isRefusing()).toBe(true)
    await Promise.resolve()
    expect(isDrained).toBe(false)
    serverIsClosed()
    await drained
    await instance.drain()
    expect(log).toEqual(['0 listed orders@10.0.0.7:8080', '100 listed ', '5100 closing within 25000'])
  })

  it('stops within the grace it is given, spreading included', async () => {
    const { instance, clock, log, serverIsClosed } = serving({ drain: { spread: '2s', finish: '1m' } })
    await instance.attach('http', {}).listen({ port: 0 })
    let isStopped = false
    instance.stop(10_000, () => {
      isStopped = true
    })
    clock.advance(2000)
    expect(log.at(-1)).toBe('2000 closing within 8000')
    serverIsClosed()
    expect(isStopped).toBe(true)
  })

  it('that never listened stops at once', () => {
    let isStopped = false
    serving().instance.stop(1000, () => {
      isStopped = true
    })
    expect(isStopped).toBe(true)
  })

  it('says which module is missing', async () => {
    const { instance } = serving()
    expect(() => instance.attach('grpc', {})).toThrow(/@seakeep\/transport-grpc/)
    const untyped = instance as unknown as { grpc(server: unknown): void; http(server: unknown): ServedInstance }
    expect(() => untyped.grpc({})).toThrow(/@seakeep\/transport-grpc/)
    expect(untyped.http({})).toBe(instance)
    expect(() => untyped.http({})).toThrow(/has a server already/)
    const { instance: bare } = serving()
    expect(isConfigError(await bare.listen({ port: 0 }).catch((error: unknown) => error))).toBe(true)
  })
})
