import { beforeEach, describe, expect, it } from 'vitest'
import type { Instance } from '../endpoint/endpoint.ts'
import type { GovernanceEvent } from '../telemetry/events.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { registryContract } from '../testing/registry-contract.ts'
import { Watching } from '../testing/registry-workbench.ts'
import { MemoryRegistry } from './memory-registry.ts'
import type { Registry, RegistryAnswer } from './registry.ts'

/** One of several clients of a catalogue: it closes its own watches, and takes nothing from then on. */
function clientOf(catalogue: MemoryRegistry): Registry {
  const handles: Disposable[] = []
  let isClosed = false
  const unlessClosed = (done: RegistryAnswer, ask: () => void): void => {
    if (isClosed) done(new Error('closed'))
    else ask()
  }
  return {
    name: catalogue.name,
    watch: (service, sink) => {
      if (isClosed) return { [Symbol.dispose]: () => {} }
      const handle = catalogue.watch(service, sink)
      handles.push(handle)
      return handle
    },
    register: (instance, ttlMs, done) => unlessClosed(done, () => catalogue.register(instance, ttlMs, done)),
    heartbeat: (instance, ttlMs, done) => unlessClosed(done, () => catalogue.heartbeat(instance, ttlMs, done)),
    deregister: (instance, done) => unlessClosed(done, () => catalogue.deregister(instance, done)),
    close: () => {
      isClosed = true
      for (const handle of handles) handle[Symbol.dispose]()
    },
  }
}

registryContract({ describe, it, expect }, 'the in-memory registry', async () => {
  const clock = new ManualClock()
  const catalogue = new MemoryRegistry(clock)
  return {
    connect: () => clientOf(catalogue),
    pass: (ms) => clock.advanceAsync(ms),
    ttlMs: 1000,
    seenWithinMs: 1,
    expiresWithinMs: 0,
    close: async () => catalogue.close(),
  }
})

describe('MemoryRegistry', () => {
  let clock: ManualClock
  let registry: MemoryRegistry
  let events: GovernanceEvent[]
  beforeEach(() => {
    clock = new ManualClock()
    events = []
    registry = new MemoryRegistry(clock, [], { emit: (event) => events.push(event) })
  })
  const instance = (id: string, weight = 1): Instance => ({
    id,
    service: 'orders',
    address: { host: '127.0.0.1', port: 1 },
    protocol: 'http',
    weight,
  })
  const put = (id: string, ttlMs = 15_000, weight = 1) => registry.register(instance(id, weight), ttlMs, () => {})
  const watch = (): Watching => {
    const watching = new Watching()
    watching.handle = registry.watch('orders', watching)
    return watching
  }

  it('answers inside the call, in the order of first registration', () => {
    const watching = watch()
    expect(watching.unknowns).toBe(1)
    for (const id of ['c', 'a', 'b']) put(id)
    put('a', 15_000, 7)
    expect(watching.ids).toEqual(['c', 'a', 'b'])
    expect(watching.list?.[1]?.weight).toBe(7)
  })

  it('gives all watchers one frozen list, and only when it has changed', () => {
    const [one, two] = [watch(), watch()]
    put('a')
    put('a')
    registry.heartbeat(instance('a'), 15_000, () => {})
    expect(one.lists.length).toBe(1)
    expect(one.list).toBe(two.list)
    expect(watch().list).toBe(one.list)
    expect(Object.isFrozen(one.list)).toBe(true)
  })

  it('lets a lease run out to the millisecond, whatever the heartbeats did', () => {
    const watching = watch()
    put('a', 1000)
    clock.advance(900)
    registry.heartbeat(instance('a'), 1000, () => {})
    clock.advance(999)
    expect(watching.ids).toEqual(['a'])
    clock.advance(1)
    expect(watching.ids).toEqual([])
    // A shorter lease than the one before counts from when it is asked for.
    put('b', 10_000)
    registry.heartbeat(instance('b'), 500, () => {})
    clock.advance(500)
    expect(watching.ids).toEqual([])
    expect(clock.pending).toBe(0)
  })

  it('needs no timer for a heartbeat', () => {
    put('a', 1000)
    for (let i = 0; i < 100; i++) registry.heartbeat(instance('a'), 1000 + i, () => {})
    expect(clock.pending).toBe(1)
  })

  it('keeps instances that were there from the start, for good', () => {
    const fixed = new MemoryRegistry(clock, [instance('a'), instance('b')])
    const watching = new Watching()
    fixed.watch('orders', watching)
    expect(watching.ids).toEqual(['a', 'b'])
    expect(clock.pending).toBe(0)
    clock.advance(1e9)
    expect(watching.lists.length).toBe(1)
  })

  it('isolates a watcher that throws, and tells of it', () => {
    registry.watch('orders', {
      instances: () => {
        throw new Error('thrown')
      },
      unknown: () => {
        throw new Error('thrown too')
      },
      error: () => {},
    })
    const watching = watch()
    put('a')
    expect(watching.ids).toEqual(['a'])
    expect(events.map((event) => [event.type, 'error' in event ? event.error?.message : ''])).toEqual([
      ['listenerFailed', 'thrown too'],
      ['listenerFailed', 'thrown'],
    ])
  })

  it('tells nobody a list inside another, or an old one after a new one', () => {
    const heard: string[] = []
    const tellAs = (name: string) => ({
      instances: (list: readonly Instance[]) => {
        heard.push(`${name}<${list.map(({ id }) => id).join('')}`)
        if (name === 'x' && list.length === 1) put('b')
        heard.push(`${name}>`)
      },
      unknown: () => {},
      error: () => {},
    })
    registry.watch('orders', tellAs('x'))
    registry.watch('orders', tellAs('y'))
    put('a')
    expect(heard).toEqual(['x<a', 'x>', 'y<ab', 'y>', 'x<ab', 'x>'])
  })

  it('refuses everything once it is closed, and arms nothing', () => {
    put('a')
    const watching = watch()
    registry.close()
    const answers: (string | undefined)[] = []
    registry.register(instance('b'), 1000, (error) => answers.push(error?.message))
    registry.heartbeat(instance('a'), 1000, (error) => answers.push(error?.message))
    registry.deregister(instance('a'), (error) => answers.push(error?.message))
    expect(answers).toEqual(['the registry is closed', 'the registry is closed', 'the registry is closed'])
    expect(watch().words).toBe(0)
    expect(watching.lists.length).toBe(1)
    expect(clock.pending).toBe(0)
  })
})
