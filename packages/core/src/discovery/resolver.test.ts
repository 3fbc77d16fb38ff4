import { beforeEach, describe, expect, it } from 'vitest'
import type { Instance, Snapshot } from '../endpoint/endpoint.ts'
import { SeededRandom } from '../random/seeded-random.ts'
import type { GovernanceEvent } from '../telemetry/events.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { MemoryRegistry } from './memory-registry.ts'
import type { Registry, RegistrySink } from './registry.ts'
import { Resolver } from './resolver.ts'

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
  const ports = { clock, random: new SeededRandom(1), events: { emit: (event: GovernanceEvent) => events.push(event) } }
  const resolver = new Resolver('orders', registries, ports)
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
