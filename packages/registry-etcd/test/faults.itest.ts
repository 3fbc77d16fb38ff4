// The network and a single etcd, broken: nothing that happened meanwhile is lost, and nothing that stands is taken away.
import { Registrar } from '@seakeep/core/spi'
import { afterEach, beforeEach, expect, it } from 'vitest'
import {
  describeReal,
  type RealServer,
  startEtcd,
  startTcpProxy,
  type TcpProxy,
} from '../../../tools/real-servers/index.ts'
import { EtcdRegistry } from '../src/etcd-registry.ts'
import { answer, Gateway, instanceOf, ports, registryAt, share, sleep, until } from './etcd-bench.ts'
import { EtcdWatching } from './watching.ts'

const LEASE_MS = 60_000

describeReal('etcd', 'etcd, broken', () => {
  let server: RealServer
  let proxy: TcpProxy
  let gateway: Gateway
  let writer: EtcdRegistry
  let reader: EtcdRegistry
  let watching: EtcdWatching
  beforeEach(async () => {
    server = await startEtcd()
    proxy = await startTcpProxy(server)
    gateway = new Gateway(server.address)
    writer = registryAt([server.address])
    reader = registryAt([proxy.address], {}, 2)
    watching = new EtcdWatching()
    await put(0)
    reader.watch('orders', watching)
    await until(() => watching.ids.length === 1, 5000, 'the list')
  })
  afterEach(async () => {
    writer.close()
    reader.close()
    await proxy[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  })

  /** Registers `orders-000` and the like. */
  async function put(number: number, meta: Record<string, string> = {}): Promise<void> {
    const id = `orders-${String(number).padStart(3, '0')}`
    await answer((done) => writer.register(instanceOf('orders', id, { meta }), LEASE_MS, done))
  }
  async function putMany(from: number, count: number, meta: Record<string, string> = {}): Promise<void> {
    for (let i = from; i < from + count; i++) await put(i, meta)
  }

  it('3c 26: a watch whose connection was cut tells all that happened meanwhile', async () => {
    proxy.refuse()
    await until(() => watching.isInterrupted, 5000, 'the interruption')
    await putMany(1, 50)
    await answer((done) => writer.deregister(instanceOf('orders', 'orders-000'), done))
    expect(watching.ids).toEqual(['orders-000'])
    proxy.heal()
    await until(() => watching.ids.length === 50, 5000, 'the 50')
    expect(watching.ids).not.toContain('orders-000')
    // It was not there to be listed any more: the event of its mark was told.
    expect(watching.left).toContain('orders-000')
  })

  it('3c 26: a watch that is cut again right after it came back loses nothing', async () => {
    for (let round = 0; round < 5; round++) {
      proxy.refuse()
      await putMany(1 + round * 10, 10)
      proxy.heal()
      // As soon as there is a connection, and for a while: before, while and after the watch is made anew.
      await until(() => proxy.connections > 0, 10_000, 'a connection')
      for (let cut = 0; cut < 5; cut++) {
        await sleep(cut)
        proxy.cut()
      }
    }
    await until(() => watching.ids.length === 51, 15_000, 'all 51')
  })

  it('3c 26: a catch-up of 12 MB comes whole, in fragments where messages may have no more than 4 MiB', async () => {
    const small = registryAt([proxy.address], { maxAnswerBytes: 4 * 1024 ** 2 }, 7)
    const pieces = new EtcdWatching()
    small.watch('orders', pieces)
    await until(() => pieces.ids.length === 1, 5000, 'the list')
    proxy.refuse()
    await until(() => watching.isInterrupted && pieces.isInterrupted, 5000, 'the interruption')
    await putMany(1, 60, { note: 'x'.repeat(200_000) })
    proxy.heal()
    for (const each of [watching, pieces]) {
      await until(() => each.ids.length === 61, 20_000, 'the 12 MB')
      expect(each.list.at(-1)?.meta?.note).toHaveLength(200_000)
    }
    small.close()
  })

  it('3c 27: below a compaction it lists anew, and compares', async () => {
    await putMany(1, 5)
    await until(() => watching.ids.length === 6, 5000)
    proxy.refuse()
    await until(() => watching.isInterrupted, 5000, 'the interruption')
    await answer((done) => writer.deregister(instanceOf('orders', 'orders-001'), done))
    await gateway.remove('seakeep/services/orders/orders-002')
    await put(7)
    await gateway.compact()
    proxy.heal()
    await until(() => watching.ids.includes('orders-007'), 5000, 'the list')
    expect(watching.ids).toEqual(['orders-000', 'orders-003', 'orders-004', 'orders-005', 'orders-007'])
    expect(watching.isInterrupted).toBe(false)
    // The mark of the one that left was compacted away as well: it was listed anew, and not watched from where it was.
    expect(watching.left.size).toBe(0)
    await put(8)
    await until(() => watching.ids.includes('orders-008'), 1000, 'an event after the list')
  })

  it('a restart of etcd takes nothing away', async () => {
    await server.restart()
    await put(1)
    await until(() => watching.ids.length === 2 && !watching.isInterrupted, 5000, 'the change')
    expect(watching.shortest).toBe(1)
  })

  it('an etcd that came back empty is noticed: its revisions are those of another history', async () => {
    await putMany(1, 5)
    await until(() => watching.ids.length === 6, 5000)
    await server.restart({ fresh: true })
    await until(() => watching.ids.length === 0, 5000, 'the empty list')
    // Missing, not gone: the resolver will not believe it at once.
    expect(watching.left.size).toBe(0)
    await put(9)
    await until(() => watching.ids.length === 1, 5000, 'the new one')
  })

  it('a connection that swallows everything is given up after a few seconds', async () => {
    proxy.swallow()
    const toldMs = await until(() => watching.isInterrupted, 6000, 'the interruption')
    await putMany(1, 10)
    expect(watching.ids).toEqual(['orders-000'])
    proxy.heal()
    const seenMs = await until(() => watching.ids.length === 11, 10_000, 'the changes')
    console.log(`black hole: told after ${toldMs.toFixed()} ms, seen ${seenMs.toFixed()} ms after its end`)
  })

  it('3c 24: an instance whose lease was revoked is registered again, with an event', async () => {
    const of = ports(3)
    const registry = new EtcdRegistry(share({ endpoints: [server.address] }, of))
    const registrar = new Registrar(instanceOf('orders', 'kept'), registry, of, { ttlMs: 3000, heartbeatMs: 300 })
    registrar.start()
    try {
      await until(() => watching.ids.includes('kept'), 3000, 'the registration')
      const [key] = await gateway.keys('seakeep/services/orders/kept')
      await gateway.ask('lease/revoke', { ID: key?.lease })
      await until(() => !watching.ids.includes('kept'), 3000, 'the loss')
      expect(watching.left.size).toBe(0)
      await until(() => watching.ids.includes('kept'), 3000, 'the registration anew')
      expect(of.told.map(({ type }) => type)).toEqual(['instanceRegistered', 'registrationLost', 'instanceRegistered'])
      // The key alone may be lost as well, with a lease that lives on: the registrar reads itself back.
      await gateway.remove('seakeep/services/orders/kept')
      await until(() => of.told.length === 5 && watching.ids.includes('kept'), 5000, 'the second')
    } finally {
      await new Promise<void>((resolve) => registrar.close(resolve))
      registry.close()
    }
    await until(() => watching.left.has('kept'), 3000, 'the goodbye')
  })

  it('3c 25: heartbeats fail while etcd is away, and none hangs: it is registered again when it is back', async () => {
    const of = ports(4)
    const registry = new EtcdRegistry(share({ endpoints: [proxy.address], requestTimeout: '500ms' }, of))
    const registrar = new Registrar(instanceOf('orders', 'kept'), registry, of, { ttlMs: 2000, heartbeatMs: 600 })
    registrar.start()
    try {
      await until(() => watching.ids.includes('kept'), 3000, 'the registration')
      for (const fault of ['refuse', 'swallow'] as const) {
        proxy[fault]()
        await until(() => registrar.cell.value === 'failing', 5000, `failing by ${fault}`)
        // Longer than the lease: it has to be a new one.
        await sleep(3500)
        proxy.heal()
        await until(() => registrar.cell.value === 'registered', 15_000, `the registration after ${fault}`)
        await until(() => watching.ids.includes('kept') && !watching.isInterrupted, 5000, 'its being seen')
      }
    } finally {
      await new Promise<void>((resolve) => registrar.close(resolve))
      registry.close()
    }
  })

  it('3c 29: the last instance that goes is told, as one that left or as one that is missing', async () => {
    await answer((done) => writer.deregister(instanceOf('orders', 'orders-000'), done))
    await until(() => watching.ids.length === 0, 3000, 'the goodbye')
    expect(watching.left).toEqual(new Set(['orders-000']))
    await put(1)
    await until(() => watching.ids.length === 1, 3000)
    const [key] = await gateway.keys('seakeep/services/orders/')
    await gateway.ask('lease/revoke', { ID: key?.lease })
    await until(() => watching.ids.length === 0, 3000, 'the loss')
    expect(watching.left).toEqual(new Set(['orders-000']))
    expect(watching.unknowns).toBe(0)
  })

  it('3c 30: an event loop that stood still for seconds loses neither its watch nor its lease', async () => {
    const of = ports(5)
    const registry = new EtcdRegistry(share({ endpoints: [proxy.address] }, of))
    const busy = new EtcdWatching()
    registry.watch('orders', busy)
    const registrar = new Registrar(instanceOf('orders', 'busy'), registry, of, { ttlMs: 15_000 })
    registrar.start()
    try {
      await until(() => busy.ids.includes('busy'), 3000, 'the registration')
      const endMs = performance.now() + 6500
      while (performance.now() < endMs) {}
      await put(1)
      await until(() => busy.ids.includes('orders-001'), 3000, 'an event')
      expect(of.told.map(({ type }) => type)).toEqual(['instanceRegistered'])
      expect(busy.errors).toEqual([])
    } finally {
      await new Promise<void>((resolve) => registrar.close(resolve))
      registry.close()
    }
  })

  it('3c 30: heartbeats are told to nobody, and all services of a client share one stream', async () => {
    const services = Array.from({ length: 40 }, (_, i) => ({ name: `s${i}`, watching: new EtcdWatching() }))
    for (const { name, watching } of services) {
      reader.watch(name, watching)
      await answer((done) => writer.register(instanceOf(name, `${name}-1`), LEASE_MS, done))
    }
    await until(() => services.every(({ watching }) => watching.ids.length === 1), 5000, 'all')
    expect(proxy.connections).toBe(1)
    for (const { name } of services) {
      for (let i = 0; i < 3; i++)
        await answer((done) => writer.heartbeat(instanceOf(name, `${name}-1`), LEASE_MS, done))
    }
    await sleep(300)
    expect(services.map(({ watching }) => watching.lists.length)).toEqual(services.map(() => 1))
  })

  it('what cannot be read is passed over with an event, and the good ones are kept', async () => {
    const of = ports(6)
    const registry = new EtcdRegistry(share({ endpoints: [server.address] }, of))
    const careful = new EtcdWatching()
    registry.watch('orders', careful)
    await until(() => careful.ids.length === 1, 3000)
    await gateway.put('seakeep/services/orders/cut', '{"id":"cut","servi')
    await gateway.put(
      'seakeep/services/orders/port',
      JSON.stringify(instanceOf('orders', 'port', { address: { host: 'a', port: 1e6 } })),
    )
    await gateway.put('seakeep/services/orders/other', JSON.stringify(instanceOf('orders', 'stranger')))
    await gateway.put(
      'seakeep/services/orders/fat',
      JSON.stringify(instanceOf('orders', 'fat', { meta: { a: 'x'.repeat(1e6) } })),
    )
    await gateway.put('seakeep/services/orders/orders-000', 'garbage over a good one')
    await put(1)
    await until(() => careful.ids.length === 2, 3000, 'the good one')
    expect(careful.ids).toEqual(['orders-000', 'orders-001'])
    expect(of.told.map(({ type }) => type)).toEqual(Array(5).fill('registryMisspoke'))
    expect(of.told.map((event) => ('why' in event ? event.why : ''))).toEqual([
      expect.stringContaining('seakeep/services/orders/cut: no JSON'),
      expect.stringContaining('seakeep/services/orders/port: address.port: 1000000'),
      expect.stringContaining('seakeep/services/orders/other: id'),
      expect.stringContaining('seakeep/services/orders/fat: 10001'),
      expect.stringContaining('seakeep/services/orders/orders-000: no JSON'),
    ])
    registry.close()
  })
})
