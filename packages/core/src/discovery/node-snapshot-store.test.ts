import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ContainerModule } from 'inversify'
import { filter, firstValueFrom } from 'rxjs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Instance } from '../endpoint/endpoint.ts'
import { createRuntime, type Runtime } from '../index.ts'
import { Tokens } from '../spi.ts'
import type { GovernanceEvent } from '../telemetry/events.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { MemoryTransport } from '../testing/memory-transport.ts'
import { NodeSnapshotStore } from './node-snapshot-store.ts'
import type { RegistrySink } from './registry.ts'
import type { StoredSnapshot } from './snapshot-store.ts'

let folder: string
let clock: ManualClock
let events: GovernanceEvent[]
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'seakeep-snapshots-'))
  clock = new ManualClock()
  events = []
})
afterEach(() => rm(folder, { recursive: true, force: true }))

function instance(id: string, more: Partial<Instance> = {}): Instance {
  return { id, service: 'orders', address: { host: id, port: 80 }, protocol: 'memory', weight: 1, ...more }
}
const FULL = instance('a', { weight: 2.5, zone: 'z1', version: '2', meta: { note: 'straße 🚢', __proto__x: '' } })

const open = (at: string = folder): NodeSnapshotStore =>
  new NodeSnapshotStore(at, { clock, events: { emit: (event) => void events.push(event) } })
const closed = (store: NodeSnapshotStore): Promise<void> => new Promise((done) => store.close(done))
const load = (service: string, store = open()): Promise<StoredSnapshot | undefined> =>
  new Promise((told) => store.load(service, told))

describe('NodeSnapshotStore', () => {
  it('gives back all that instances say, and when', async () => {
    const store = open(join(folder, 'made', 'as needed'))
    store.save('orders', [FULL, instance('b', { weight: 0 })], 1_234)
    await closed(store)
    const found = await load('orders', open(join(folder, 'made', 'as needed')))
    expect(found).toEqual({ instances: [FULL, instance('b', { weight: 0 })], savedAtMs: 1_234 })
    expect(Object.keys(found?.instances[1] ?? {})).toEqual(['id', 'service', 'address', 'protocol', 'weight'])
  })

  it('knows nothing of a service that was never kept, which is no event', async () => {
    expect(await load('orders')).toBe(undefined)
    expect(events).toEqual([])
  })

  it('writes a service once a second at most, the newest list last, and leaves nothing beside', async () => {
    const store = open()
    for (let i = 1; i <= 50; i++) store.save('orders', [instance(`${i}`)], i)
    // The first is under way; of the others none but the last is ever written.
    let written: string
    do written = await readFile(join(folder, 'orders.json'), 'utf8').catch(() => '')
    while (written === '')
    expect(JSON.parse(written).savedAt).toBe(1)
    await closed(store)
    expect((await load('orders'))?.savedAtMs).toBe(50)
    expect(await readdir(folder)).toEqual(['orders.json'])
    store.save('orders', [], 51)
    await closed(store)
    expect((await load('orders'))?.savedAtMs).toBe(50)
  })

  it('has a file of its own for every service, whatever it is called', async () => {
    const store = open()
    const services = ['..', 'a.b', 'a:b', 'größe', `${'x'.repeat(300)}1`, `${'x'.repeat(300)}2`]
    for (const service of services) store.save(service, [instance('a', { service })], 1)
    await closed(store)
    for (const service of services) expect((await load(service))?.instances[0]?.service).toBe(service)
    expect((await readdir(folder)).length).toBe(services.length)
  })

  it.each([
    ['cut off', '{ "schema": "seakeep.snapshot/1", "service": "orders", "savedAt": 1, "inst', 'JSON'],
    ['empty', '', 'JSON'],
    ['of another shape', '[1, 2]', 'an object'],
    ['of another schema', '{ "schema": "seakeep.snapshot/9", "service": "orders", "savedAt": 1 }', 'schema'],
    [
      'with a wrong type inside',
      '{ "schema": "seakeep.snapshot/1", "service": "orders", "savedAt": 1, "instances": [{ "id": "a", "service": "orders", "address": { "host": "a", "port": "80" }, "protocol": "http" }] }',
      'instances.0.address.port',
    ],
    ['of another service', '{ "schema": "seakeep.snapshot/1", "service": "stock", "savedAt": 1 }', 'stock'],
  ])('passes a file over that is %s, and tells it', async (_what, body, named) => {
    await writeFile(join(folder, 'orders.json'), body)
    expect(await load('orders')).toBe(undefined)
    expect(events).toMatchObject([{ type: 'snapshotFailed', service: 'orders' }])
    expect((events[0] as { error: Error }).error.message).toContain(named)
  })

  it('tells once that it cannot write', async () => {
    await writeFile(join(folder, 'file'), '')
    const store = open(join(folder, 'file'))
    store.save('orders', [instance('a')], 1)
    store.save('orders', [instance('b')], 2)
    await closed(store)
    expect(events).toMatchObject([{ type: 'snapshotFailed', service: 'orders', error: { code: 'EEXIST' } }])
  })
})

describe('a restart while the registry is away', () => {
  /** A runtime whose registry says `word` to each watch; the instances answer with their name. */
  function start(word: (sink: RegistrySink) => void, ...running: string[]): Promise<Runtime> {
    const module = new ContainerModule((bindings) => {
      bindings.bind(Tokens.registry).toConstantValue(() => ({
        name: 'consul',
        watch: (_service, sink) => {
          word(sink)
          return { [Symbol.dispose]: () => {} }
        },
        register: () => {},
        heartbeat: () => {},
        deregister: () => {},
        close: () => {},
      }))
      bindings.bind(Tokens.transport).toConstantValue((ports) => {
        const transport = new MemoryTransport(ports.clock)
        for (const id of running) transport.serve(id, (far) => far.answer(200, id))
        return transport
      })
    })
    const policies = { version: 1, targets: { orders: { timeout: '5s' } } }
    return createRuntime({ service: 'web', policies, discovery: { snapshots: folder }, modules: [module] })
  }

  it('what one runtime learnt the next one calls by', async () => {
    const first = await start((sink) => sink.instances([instance('a'), instance('b')]), 'a', 'b')
    await first.client('orders').call()
    await first.close()

    const second = await start((sink) => sink.error(new Error('connection refused')), 'a', 'b')
    const restored = firstValueFrom(second.events$.pipe(filter(({ type }) => type === 'endpointsRestored')))
    expect(second.endpoints('orders').value.endpoints).toEqual([])
    expect(await restored).toMatchObject({ service: 'orders', ageMs: expect.any(Number) })
    expect(second.endpoints('orders').value.endpoints).toEqual([instance('a'), instance('b')])
    expect((await second.client('orders').call()).body).toMatch(/^[ab]$/)
    await second.close()
    expect((await readdir(folder)).length).toBe(1)
  })
})
