import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { parseText } from '../config/parse-text.ts'
import { createRuntime, fileRegistry, isConfigError } from '../index.ts'
import type { GovernanceEvent } from '../telemetry/events.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { Watching } from '../testing/registry-workbench.ts'
import { NodeFileRegistry } from './node-file-registry.ts'

let folder: string
let path: string
let clock: ManualClock
let events: GovernanceEvent[]
const open: NodeFileRegistry[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'seakeep-file-registry-'))
  path = join(folder, 'services.yaml')
  clock = new ManualClock()
  events = []
})
afterEach(async () => {
  for (const registry of open.splice(0)) registry.close()
  await rm(folder, { recursive: true, force: true })
})

function registryOf(at: string = path, pollMs = 5_000): NodeFileRegistry {
  const ports = { clock, events: { emit: (event: GovernanceEvent) => void events.push(event) } }
  const registry = new NodeFileRegistry({ path: at, pollMs, parse: parseText }, ports)
  open.push(registry)
  return registry
}
class Following extends Watching {
  readonly errors: Error[] = []
  override error(error?: Error): void {
    if (error !== undefined) this.errors.push(error)
  }
}
function watch(registry: NodeFileRegistry, service = 'orders'): Following {
  const following = new Following()
  following.handle = registry.watch(service, following)
  return following
}
/** Real files need real time; the clock goes on meanwhile. */
const sees = (check: () => void): Promise<void> =>
  vi.waitFor(
    () => {
      clock.advance(20)
      check()
    },
    { timeout: 5_000, interval: 5 },
  )
const write = (text: string, at = path): Promise<void> => writeFile(at, text)

describe('NodeFileRegistry', () => {
  it('reads addresses and whole instances, YAML or JSON', async () => {
    await write(`
orders:
  - 10.0.0.1:8080
  - { address: "[::1]:80", id: second, protocol: grpc, weight: 2.5, zone: a, version: "2", meta: { team: north } }
  - address: { host: orders.example, port: 81 }
    weight: 0
`)
    const following = watch(registryOf())
    await sees(() => expect(following.list?.length).toBe(3))
    expect(following.list).toEqual([
      {
        id: '10.0.0.1:8080',
        service: 'orders',
        address: { host: '10.0.0.1', port: 8080 },
        protocol: 'http',
        weight: 1,
      },
      {
        id: 'second',
        service: 'orders',
        address: { host: '::1', port: 80 },
        protocol: 'grpc',
        weight: 2.5,
        zone: 'a',
        version: '2',
        meta: { team: 'north' },
      },
      {
        id: 'orders.example:81',
        service: 'orders',
        address: { host: 'orders.example', port: 81 },
        protocol: 'http',
        weight: 0,
      },
    ])
    await write('{ "orders": ["10.0.0.2:80"] }')
    await sees(() => expect(following.ids).toEqual(['10.0.0.2:80']))
    // No goodbyes are told: the file is believed in everything.
    expect(following.lefts.every((left) => left === undefined)).toBe(true)
  })

  it('a service it lacks is unknown, appears, and is empty when it goes', async () => {
    await write('orders: [a:1]')
    const registry = registryOf()
    const stock = watch(registry, 'stock')
    await sees(() => expect(stock.unknowns).toBe(1))
    await write('orders: [a:1]\nstock: [b:2]')
    await sees(() => expect(stock.ids).toEqual(['b:2']))
    await write('orders: [a:1]')
    await sees(() => expect(stock.ids).toEqual([]))
    await write('{}')
    const orders = watch(registry, 'orders')
    await sees(() => expect(orders.unknowns + orders.lists.length).toBeGreaterThan(0))
    await sees(() => expect(orders.has()).toBe(true))
  })

  it('follows editors that put another file in its place, and Kubernetes that turns a link', async () => {
    await write('orders: [a:1]')
    const following = watch(registryOf())
    await sees(() => expect(following.ids).toEqual(['a:1']))
    await write('orders: [b:1]', `${path}~`)
    await rename(`${path}~`, path)
    await sees(() => expect(following.ids).toEqual(['b:1']))

    for (const version of ['1', '2']) {
      await mkdir(join(folder, version))
      await write(`orders: [v${version}:1]`, join(folder, version, 'linked.yaml'))
    }
    await symlink('1', join(folder, 'data'))
    await symlink(join('data', 'linked.yaml'), join(folder, 'linked.yaml'))
    const linked = watch(registryOf(join(folder, 'linked.yaml')))
    await sees(() => expect(linked.ids).toEqual(['v1:1']))
    await symlink('2', join(folder, 'data~'))
    await rename(join(folder, 'data~'), join(folder, 'data'))
    await sees(() => expect(linked.ids).toEqual(['v2:1']))
  })

  it('one that is half written changes nothing, also where the half can be read', async () => {
    await write('orders: [a:1, b:1]\nstock: [c:1]')
    const registry = registryOf()
    const [orders, stock] = [watch(registry), watch(registry, 'stock')]
    await sees(() => expect(orders.ids).toEqual(['a:1', 'b:1']))
    await write('orders: [a:1')
    await sees(() => expect(events.length).toBe(1))
    expect(events[0]).toMatchObject({ type: 'registryMisspoke', name: 'file' })
    expect((events[0] as { why: string }).why).toMatch(
      /services\.yaml:1:\d+: not readable .*; the last good one stays$/,
    )
    // Readable and short, and whole before the second look.
    await write('orders: [a:1]')
    clock.advance(5_000)
    await new Promise((done) => setTimeout(done, 50))
    await write('orders: [a:1, b:1, d:1]\nstock: [c:1]')
    await sees(() => expect(orders.ids).toEqual(['a:1', 'b:1', 'd:1']))
    expect(orders.lists.every((list) => list.length >= 2)).toBe(true)
    expect(stock.lists.every((list) => list.length === 1)).toBe(true)
    expect(orders.errors.concat(stock.errors)).toEqual([])
    expect(events.length).toBe(1)
  })

  it.each([
    ['orders: [nonsense]', 'orders.0: "nonsense" is not allowed; a host and a port'],
    ['orders: [a:99999]', 'orders.0: "a:99999" is not allowed'],
    ['orders: [{ adress: a:1 }]', 'did you mean address?'],
    ['orders: [a:1, a:1]', 'orders.1: the id a:1 is there twice'],
    ['orders: [{ address: a:1, weight: -1 }]', 'orders.0.weight'],
    ['or/ders: [a:1]', 'or/ders'],
    ['- a:1', 'an object'],
    ['', 'an object'],
  ])('says where the mistake is in %j', async (text, message) => {
    await write(text)
    const following = watch(registryOf())
    await sees(() => expect(following.errors.length).toBe(1))
    expect(following.errors[0]?.message).toContain(message)
    await write('orders: [a:1]')
    await sees(() => expect(following.ids).toEqual(['a:1']))
  })

  it('waits for a file, and a folder, that is not there yet', async () => {
    const later = join(folder, 'later', 'services.yaml')
    const following = watch(registryOf(later, 1_000))
    await sees(() => expect(following.errors.length).toBe(1))
    await mkdir(join(folder, 'later'))
    await write('orders: [a:1]', later)
    await sees(() => expect(following.ids).toEqual(['a:1']))
    await rm(later)
    await sees(() => expect(events.length).toBe(2))
    expect(following.ids).toEqual(['a:1'])
  })

  it('tells each mistake once, however often it is looked at', async () => {
    await write('nonsense')
    const registry = registryOf()
    await sees(() => expect(events.length).toBe(1))
    for (let i = 0; i < 10; i++) {
      clock.advance(5_000)
      await new Promise((done) => setImmediate(done))
    }
    expect(events.length).toBe(1)
    expect(watch(registry).errors.length).toBe(1)
  })

  it('ends with its close, and takes registrations without a word', async () => {
    await write('orders: [a:1]')
    const registry = registryOf()
    const following = watch(registry)
    await sees(() => expect(following.words).toBe(1))
    const answers: unknown[] = []
    const instance = following.list![0]!
    registry.register(instance, 1000, (error) => answers.push(error))
    registry.heartbeat(instance, 1000, (error) => answers.push(error))
    registry.deregister(instance, (error) => answers.push(error))
    expect(answers).toEqual([undefined, undefined, undefined])
    registry.close()
    expect(clock.pending).toBe(0)
    await write('orders: [b:1]')
    expect(watch(registry).words + following.words).toBe(1)
  })
})

describe('fileRegistry', () => {
  it('is a module; what is served is not announced in it', async () => {
    await write('orders: [{ address: 127.0.0.1:1, protocol: none }]')
    await using runtime = await createRuntime({ service: 'web', modules: [fileRegistry({ path })] })
    const cell = runtime.endpoints('orders')
    await vi.waitFor(() => expect(cell.value.endpoints.map(({ id }) => id)).toEqual(['127.0.0.1:1']), 5_000)
  })

  it('a mistake in the file is a warning of the process, where nobody listens to events', async () => {
    await write('orders: [nonsense]')
    const warnings: string[] = []
    const hear = ({ message }: Error): void => void warnings.push(message)
    process.on('warning', hear)
    await using _runtime = await createRuntime({ service: 'web', modules: [fileRegistry({ path })] })
    const warning = 'the registry file says what cannot be understood: orders.0: "nonsense"'
    await vi.waitFor(() => expect(warnings.join()).toContain(warning), 5_000)
    process.off('warning', hear)
  })

  it('names a wrong option', () => {
    const wrong = (): unknown => fileRegistry({ path, pol: '1s' } as never)
    expect(wrong).toThrow('fileRegistry.pol: unknown key; allowed: path, poll; did you mean poll?')
    try {
      wrong()
    } catch (error) {
      expect(isConfigError(error)).toBe(true)
    }
  })
})
