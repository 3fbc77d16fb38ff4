import { beforeEach, describe, expect, it } from 'vitest'
import type { Instance, Snapshot } from '../endpoint/endpoint.ts'
import { SeededRandom } from '../random/seeded-random.ts'
import type { GovernanceEvent } from '../telemetry/events.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { MemoryRegistry } from './memory-registry.ts'
import type { Registry, RegistrySink } from './registry.ts'
import { Resolver, type ResolverSettings } from './resolver.ts'
import type { SnapshotStore, StoredSnapshot } from './snapshot-store.ts'

function instance(id: string, more: Partial<Instance> = {}): Instance {
  return { id, service: 'orders', address: { host: '10.0.0.1', port: 80 }, protocol: 'http', weight: 1, ...more }
}

/** A registry that says what a test tells it to. */
class Scripted implements Registry {
  readonly name: string
  watches = 0
  disposals = 0
  /** Said inside `watch`. */
  greeting: (sink: RegistrySink) => void = () => {}
  #sinks = new Set<RegistrySink>()

  constructor(name: string) {
    this.name = name
  }
  get watchers(): number {
    return this.#sinks.size
  }
  watch(_service: string, sink: RegistrySink): Disposable {
    this.watches++
    this.#sinks.add(sink)
    this.greeting(sink)
    return {
      [Symbol.dispose]: () => {
        if (this.#sinks.delete(sink)) this.disposals++
      },
    }
  }
  say(word: (sink: RegistrySink) => void): void {
    for (const sink of [...this.#sinks]) word(sink)
  }
  /** As a registry does that tells goodbyes: `left` names who said it. */
  tell(instances: readonly Instance[], ...left: string[]): void {
    this.say((sink) => sink.instances(instances, new Set(left)))
  }
  list(...instances: Instance[]): void {
    this.say((sink) => sink.instances(instances))
  }
  fail(message: string): void {
    this.say((sink) => sink.error(new Error(message)))
  }
  unknown(): void {
    this.say((sink) => sink.unknown())
  }
  register(): void {}
  heartbeat(): void {}
  deregister(): void {}
  close(): void {}
}

let clock: ManualClock
let events: GovernanceEvent[]
let consul: Scripted
let file: Scripted
beforeEach(() => {
  clock = new ManualClock()
  events = []
  consul = new Scripted('consul')
  file = new Scripted('file')
})

function resolve(...registries: Registry[]) {
  return resolveBy({}, ...registries)
}
function resolveBy(settings: ResolverSettings, ...registries: Registry[]) {
  const ports = { clock, random: new SeededRandom(1), events: { emit: (event: GovernanceEvent) => events.push(event) } }
  const resolver = new Resolver('orders', registries, ports, undefined, settings)
  const snapshots: Snapshot[] = []
  resolver.cell.changes$.subscribe((snapshot) => snapshots.push(snapshot))
  return { resolver, snapshots, ids: () => resolver.cell.value.endpoints.map(({ id }) => id) }
}
const told = () => events.map(({ type }) => type)

describe('Resolver', () => {
  it('publishes the first list and each change, with the ids of what changed', () => {
    const { resolver, snapshots, ids } = resolve(consul)
    expect(resolver.cell.value).toEqual({ service: 'orders', endpoints: [], revision: 0 })
    clock.advance(7)
    consul.list(instance('a'), instance('b'))
    expect(ids()).toEqual(['a', 'b'])
    consul.list(instance('b', { weight: 3 }), instance('c'))
    expect(ids()).toEqual(['b', 'c'])
    expect(snapshots.map(({ revision }) => revision)).toEqual([1, 2])
    expect(events).toEqual([
      { type: 'endpointsChanged', service: 'orders', atMs: 7, added: ['a', 'b'], removed: [], updated: [] },
      { type: 'endpointsChanged', service: 'orders', atMs: 7, added: ['c'], removed: ['a'], updated: ['b'] },
    ])
  })

  it('has the list at once where the registry has', () => {
    const registry = new MemoryRegistry(clock, [instance('a')])
    const { resolver } = resolve(registry)
    expect(resolver.cell.value).toEqual({ service: 'orders', endpoints: [instance('a')], revision: 1 })
  })

  it('publishes nothing for a wake-up without a change, and keeps objects that did not change', () => {
    const { resolver, snapshots } = resolve(consul)
    consul.list(instance('a'), instance('b'))
    const [a] = resolver.cell.value.endpoints
    consul.list(instance('a'), instance('b'))
    consul.list(instance('b'), instance('a'))
    expect(snapshots.length).toBe(1)
    consul.list(instance('a'), instance('b', { zone: 'z' }), instance('c'))
    expect(resolver.cell.value.endpoints[0]).toBe(a)
    expect(told()).toEqual(['endpointsChanged', 'endpointsChanged'])
  })

  it('publishes an empty list as empty, and asks nobody else for it', () => {
    const { resolver, ids } = resolve(consul, file)
    consul.list(instance('a'))
    consul.list()
    expect(ids()).toEqual([])
    expect(resolver.cell.value.revision).toBe(2)
    expect(file.watches).toBe(0)
  })

  it('an empty list as the first answer is an answer', () => {
    const { resolver } = resolve(consul)
    consul.list()
    expect(resolver.cell.value.revision).toBe(1)
    expect(events).toEqual([])
  })

  describe('with several registries', () => {
    it('asks in order, and takes the first that knows', () => {
      const { ids } = resolve(consul, file)
      expect(file.watches).toBe(0)
      consul.unknown()
      expect(file.watches).toBe(1)
      expect(ids()).toEqual([])
      file.list(instance('f'))
      expect(ids()).toEqual(['f'])
    })

    it('lets the earlier one take over as soon as it knows, and the later one go', () => {
      const { ids } = resolve(consul, file)
      consul.unknown()
      file.list(instance('f'))
      consul.list(instance('a'))
      expect(ids()).toEqual(['a'])
      expect(file.watchers).toBe(0)
      consul.unknown()
      expect(file.watches).toBe(2)
      expect(ids()).toEqual(['a'])
      file.list(instance('f'))
      expect(ids()).toEqual(['f'])
    })

    it('does not leave one that fails for the next, once it has answered', () => {
      const { ids } = resolve(consul, file)
      consul.list(instance('a'))
      consul.fail('down')
      expect(ids()).toEqual(['a'])
      expect(file.watches).toBe(0)
    })

    it('asks the next one where the first has never answered', () => {
      const { ids } = resolve(consul, file)
      consul.fail('down')
      file.list(instance('f'))
      expect(ids()).toEqual(['f'])
      expect(told()).toEqual(['resolverFailed', 'endpointsChanged'])
      consul.list(instance('a'))
      expect(ids()).toEqual(['a'])
      expect(told().slice(2)).toEqual(['endpointsChanged', 'resolverRecovered'])
    })

    it('answers with an empty snapshot where none knows, and takes back nothing that was known', () => {
      const { resolver, ids } = resolve(consul, file)
      consul.unknown()
      expect(resolver.cell.value.revision).toBe(0)
      file.unknown()
      expect(resolver.cell.value.revision).toBe(1)
      expect(ids()).toEqual([])
      file.list(instance('f'))
      file.unknown()
      expect(ids()).toEqual(['f'])
    })

    it('copes with answers inside the asking', () => {
      consul.greeting = (sink) => sink.unknown()
      file.greeting = (sink) => sink.instances([instance('f')])
      const { ids, resolver } = resolve(consul, file)
      expect(ids()).toEqual(['f'])
      expect(resolver.cell.value.revision).toBe(1)
    })
  })

  describe('when a registry fails', () => {
    it('keeps the list, tells it once, and tells the recovery', () => {
      const { ids, snapshots } = resolve(consul)
      consul.list(instance('a'))
      consul.fail('down')
      consul.fail('still down')
      clock.advance(1000)
      consul.list(instance('a'))
      expect(ids()).toEqual(['a'])
      expect(snapshots.length).toBe(1)
      expect(told()).toEqual(['endpointsChanged', 'resolverFailed', 'resolverRecovered'])
      expect(events[1]).toMatchObject({ error: new Error('down'), service: 'orders' })
    })

    it('leaves the watch that failed in place while it may come back', () => {
      resolve(consul)
      consul.fail('down')
      clock.advance(4_900)
      expect(consul.watches).toBe(1)
      consul.list(instance('a'))
      clock.advance(1e6)
      expect(consul.watches).toBe(1)
      expect(clock.pending).toBe(0)
    })

    it('asks anew for ever where it does not, less and less often, one watch at a time', () => {
      consul.greeting = (sink) => sink.error(new Error('down'))
      const { ids } = resolve(consul)
      const atMs: number[] = []
      for (let watches = 1; clock.now() < 3_600_000; clock.advance(100)) {
        expect(consul.watchers).toBe(1)
        if (consul.watches > watches) {
          watches = consul.watches
          atMs.push(clock.now())
        }
      }
      const waits = atMs.slice(1).map((at, i) => at - (atMs[i] as number))
      for (const wait of waits) {
        expect(wait).toBeGreaterThanOrEqual(4_900)
        expect(wait).toBeLessThanOrEqual(60_100)
      }
      expect(atMs.length).toBeGreaterThan(60)
      expect(atMs.length).toBeLessThan(360)
      expect(told()).toEqual(['resolverFailed'])
      consul.greeting = (sink) => sink.instances([instance('a')])
      clock.advance(61_000)
      expect(ids()).toEqual(['a'])
      expect(told()).toEqual(['resolverFailed', 'endpointsChanged', 'resolverRecovered'])
    })

    it('gives up also a watch that goes on failing, and begins the waits anew after each outage', () => {
      resolve(consul)
      for (let outage = 0; outage < 3; outage++) {
        consul.list(instance('a'))
        const { watches } = consul
        for (let s = 0; s <= 15; s++) {
          consul.fail('down')
          clock.advance(1000)
        }
        expect(consul.watches).toBeGreaterThan(watches)
        for (let s = 0; s < 600; s++) {
          consul.fail('down')
          clock.advance(1000)
        }
      }
    })

    it('finds a watch that died in silence after an error, as etcd3 #78 did', () => {
      const { ids } = resolve(consul)
      consul.list(instance('a'))
      consul.fail('connection reset')
      consul.greeting = (sink) => sink.instances([instance('b')])
      clock.advance(60_000)
      expect(ids()).toEqual(['b'])
      expect(consul.disposals).toBe(1)
    })

    it('takes a watch that throws for one that failed', () => {
      consul.greeting = () => {
        throw new Error('no such host')
      }
      const { ids } = resolve(consul)
      expect(events[0]).toMatchObject({ type: 'resolverFailed', error: new Error('no such host') })
      consul.greeting = (sink) => sink.instances([instance('a')])
      clock.advance(60_000)
      expect(ids()).toEqual(['a'])
    })
  })

  describe('what a registry that tells goodbyes is believed', () => {
    const four = ['a', 'b', 'c', 'd'].map((id) => instance(id))
    const [a, b, c] = four as [Instance, Instance, Instance]

    // go-kratos/kratos#3310: the last instance's end was never told. And its opposite: leases that ran out all at once,
    // while a registry was ill, emptied the list.
    it('3c 29: the last one that says goodbye is gone at once; a mass expiry empties nobody', () => {
      const { ids } = resolve(consul)
      consul.tell([a])
      consul.tell([], 'a')
      expect(ids()).toEqual([])
      consul.tell(four)
      consul.tell([])
      expect(ids()).toEqual(['a', 'b', 'c', 'd'])
      clock.advance(29_999)
      expect(ids().length).toBe(4)
      consul.tell(four)
      clock.advance(600_000)
      expect(ids().length).toBe(4)
      expect(told()).toEqual(['endpointsChanged', 'endpointsChanged', 'endpointsChanged', 'endpointsRetained'])
      expect(clock.pending).toBe(0)
    })

    it('keeps them for a grace, lets a share go per grace, and tells it once', () => {
      const { ids } = resolve(consul)
      consul.tell(four)
      clock.advance(1_000)
      consul.tell([a])
      consul.tell([])
      expect(events.slice(1)).toEqual([
        {
          type: 'endpointsRetained',
          service: 'orders',
          atMs: 1_000,
          retained: ['b', 'c', 'd'],
          why: '3 of 4 went without a goodbye within 30 s (at most 0.5 are believed)',
        },
      ])
      const left: number[] = []
      for (let at = 0; at < 160; at += 30) {
        left.push(ids().length)
        clock.advance(30_000)
      }
      expect(left).toEqual([4, 2, 1, 0, 0, 0])
      expect(told().slice(1)).toEqual(['endpointsRetained', ...Array(3).fill('endpointsChanged')])
      expect(clock.pending).toBe(0)
    })

    it('tells of another episode when the first is over', () => {
      resolve(consul)
      for (let episode = 0; episode < 2; episode++) {
        consul.tell(four)
        consul.tell([])
        clock.advance(20_000)
        consul.tell(four)
      }
      expect(told().filter((type) => type === 'endpointsRetained').length).toBe(2)
    })

    it('goes on counting while the registry is away', () => {
      const { ids } = resolve(consul)
      consul.tell(four)
      consul.tell([])
      consul.fail('down')
      clock.advance(30_000)
      expect(ids()).toEqual(['c', 'd'])
    })

    it('goodbyes told while a list is still being looked at are not lost', () => {
      const { resolver, ids } = resolve(consul)
      consul.tell(four)
      resolver.cell.changes$.subscribe(({ revision }) => {
        if (revision !== 2) return
        consul.tell([a, b], 'c')
        consul.tell([a], 'b')
      })
      consul.tell([a, b, c], 'd')
      expect(ids()).toEqual(['a'])
      expect(told()).not.toContain('endpointsRetained')
    })

    it('by the options it is given', () => {
      const options = { maxDropped: 0.1, dropGraceMs: 5_000, lapseGraceMs: 0, snapshots: undefined }
      const { ids } = resolveBy({ options }, consul)
      consul.tell(four)
      consul.tell([a, b, c])
      expect(ids().length).toBe(4)
      clock.advance(5_000)
      expect(ids()).toEqual(['a', 'b', 'c'])
    })

    it('the list of who takes over is not measured by that of another registry', () => {
      const { ids } = resolve(consul, file)
      consul.unknown()
      file.list(instance('f'), instance('g'))
      consul.tell([a, b])
      expect(ids()).toEqual(['a', 'b'])
    })
  })

  describe('the last good list', () => {
    /** A store in memory. */
    class Kept implements SnapshotStore {
      readonly saved: StoredSnapshot[] = []
      loads = 0
      stored: StoredSnapshot | undefined
      load(_service: string, told: (stored: StoredSnapshot | undefined) => void): void {
        this.loads++
        told(this.stored)
      }
      save(_service: string, instances: readonly Instance[], savedAtMs: number): void {
        this.saved.push({ instances, savedAtMs })
      }
      close(): void {}
    }
    let snapshots: Kept
    beforeEach(() => {
      snapshots = new Kept()
    })
    const saved = () => snapshots.saved.map(({ instances }) => instances.map(({ id }) => id).join(''))
    const stored = (...ids: string[]): void => {
      snapshots.stored = { instances: ids.map((id) => instance(id)), savedAtMs: clock.wallNow() - 60_000 }
    }

    it('is kept with each change, and once more at the end, as it was good up to then', () => {
      const { resolver } = resolveBy({ snapshots }, consul)
      consul.list(instance('a'))
      consul.list(instance('a'))
      consul.list(instance('a'), instance('b'))
      clock.advance(3_600_000)
      resolver.close()
      expect(saved()).toEqual(['a', 'ab', 'ab'])
      const [, changed, closed] = snapshots.saved.map(({ savedAtMs }) => savedAtMs) as [number, number, number]
      expect(closed - changed).toBe(3_600_000)
    })

    it('is not called good to the end where the registry was away', () => {
      const { resolver } = resolveBy({ snapshots }, consul)
      consul.list(instance('a'))
      consul.fail('down')
      resolver.close()
      expect(saved()).toEqual(['a'])
    })

    it('is not one that lacks many; an empty one only where all said goodbye', () => {
      resolveBy({ snapshots }, consul)
      consul.tell([instance('a'), instance('b')])
      consul.tell([])
      clock.advance(100_000)
      expect(saved()).toEqual(['ab'])
      consul.tell([instance('a')])
      consul.tell([], 'a')
      expect(saved()).toEqual(['ab', 'a', ''])
    })

    it('is used at once where all registries have failed, with its age', () => {
      stored('a', 'b')
      const { ids, resolver } = resolveBy({ snapshots }, consul, file)
      consul.fail('down')
      expect(ids()).toEqual([])
      file.unknown()
      expect(ids()).toEqual(['a', 'b'])
      expect(events.slice(1)).toEqual([
        { type: 'endpointsRestored', service: 'orders', atMs: 0, ageMs: 60_000 },
        { type: 'endpointsChanged', service: 'orders', atMs: 0, added: ['a', 'b'], removed: [], updated: [] },
      ])
      resolver.close()
      expect(saved()).toEqual([])
    })

    it('is used after 2 s where a registry says nothing, and not asked for again', () => {
      stored('a')
      const { ids } = resolveBy({ snapshots }, consul)
      clock.advance(1_999)
      expect(ids()).toEqual([])
      clock.advance(1)
      expect(ids()).toEqual(['a'])
      consul.fail('down')
      clock.advance(60_000)
      expect(snapshots.loads).toBe(1)
    })

    it('is not used where a registry has answered, were it with nothing', () => {
      stored('a')
      const { ids } = resolveBy({ snapshots }, consul)
      consul.list()
      clock.advance(10_000)
      expect(ids()).toEqual([])
      const second = resolveBy({ snapshots }, file)
      file.unknown()
      clock.advance(10_000)
      expect(second.ids()).toEqual([])
      expect(snapshots.loads).toBe(0)
    })

    it('gives way to the first answer, unless that is suspiciously short', () => {
      stored('a', 'b')
      const { ids } = resolveBy({ snapshots }, consul)
      consul.fail('down')
      consul.tell([instance('x'), instance('y')])
      expect(ids()).toEqual(['x', 'y'])
      const second = resolveBy({ snapshots }, file)
      file.fail('down')
      file.tell([])
      expect(second.ids()).toEqual(['a', 'b'])
      clock.advance(30_000)
      expect(second.ids()).toEqual(['b'])
      const third = resolveBy({ snapshots }, consul)
      consul.fail('down')
      consul.list()
      expect(third.ids()).toEqual([])
    })

    it('comes too late where the registry was faster, or where nobody waits', () => {
      let told: (stored: StoredSnapshot | undefined) => void = () => {}
      snapshots.load = (_service, hear) => {
        told = hear
      }
      const one = resolveBy({ snapshots }, consul)
      consul.fail('down')
      consul.list(instance('x'))
      told({ instances: [instance('a')], savedAtMs: 0 })
      expect(one.ids()).toEqual(['x'])
      const two = resolveBy({ snapshots }, file)
      file.fail('down')
      two.resolver.close()
      told({ instances: [instance('a')], savedAtMs: 0 })
      expect(two.ids()).toEqual([])
      clock.advance(2_000)
      expect(clock.pending).toBe(0)
    })
  })

  it('tells changes one after the other, also one that a listener causes', () => {
    const { resolver } = resolve(consul)
    resolver.cell.changes$.subscribe(({ revision }) => {
      if (revision === 1) consul.list(instance('b'))
    })
    consul.list(instance('a'))
    expect(events.map((event) => 'added' in event && event.added)).toEqual([['a'], ['b']])
    expect(resolver.cell.value.revision).toBe(2)
  })

  it('ends all watches and timers when it is closed, also from inside', () => {
    const { resolver, snapshots } = resolve(consul, file)
    consul.unknown()
    consul.fail('down')
    file.fail('down')
    let isComplete = false
    resolver.cell.changes$.subscribe({ next: () => resolver.close(), complete: () => (isComplete = true) })
    file.list(instance('f'))
    expect(isComplete).toBe(true)
    expect(consul.watchers + file.watchers).toBe(0)
    expect(clock.pending).toBe(0)
    file.list(instance('g'))
    expect(snapshots.length).toBe(1)
    resolver.close()
  })

  it('lives with no registry at all', () => {
    const { resolver } = resolve()
    expect(resolver.cell.value.endpoints).toEqual([])
  })
})
