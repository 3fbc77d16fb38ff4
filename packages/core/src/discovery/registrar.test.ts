import { beforeEach, describe, expect, it } from 'vitest'
import type { Instance } from '../endpoint/endpoint.ts'
import { SeededRandom } from '../random/seeded-random.ts'
import type { GovernanceEvent } from '../telemetry/events.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { Watching } from '../testing/registry-workbench.ts'
import type { Clock, Timer, TimerTask } from '../time/clock.ts'
import { MemoryRegistry } from './memory-registry.ts'
import { Registrar, type RegistrarOptions } from './registrar.ts'
import type { Registry, RegistryAnswer, RegistrySink } from './registry.ts'

const INSTANCE: Instance = {
  id: 'orders#1',
  service: 'orders',
  address: { host: '10.0.0.1', port: 80 },
  protocol: 'http',
  weight: 1,
}

/** The memory registry behind a connection that a test can break. */
class Flaky implements Registry {
  readonly name = 'flaky'
  mode: 'fine' | 'refusing' | 'silent' | 'throwing' = 'fine'
  readonly asked: string[] = []
  /** What it has not answered while it was silent. */
  readonly open: RegistryAnswer[] = []
  readonly #clock: ManualClock
  readonly inner: MemoryRegistry

  constructor(clock: ManualClock) {
    this.#clock = clock
    this.inner = new MemoryRegistry(clock)
  }
  watch(service: string, sink: RegistrySink): Disposable {
    return this.inner.watch(service, sink)
  }
  register(instance: Instance, ttlMs: number, done: RegistryAnswer): void {
    this.#pass('register', done, () => this.inner.register(instance, ttlMs, done))
  }
  heartbeat(instance: Instance, ttlMs: number, done: RegistryAnswer): void {
    this.#pass('heartbeat', done, () => this.inner.heartbeat(instance, ttlMs, done))
  }
  deregister(instance: Instance, done: RegistryAnswer): void {
    this.#pass('deregister', done, () => this.inner.deregister(instance, done))
  }
  close(): void {}

  times(what: string): number[] {
    return this.asked.filter((line) => line.startsWith(what)).map((line) => Number(line.split(' ')[1]))
  }
  #pass(what: string, done: RegistryAnswer, go: () => void): void {
    this.asked.push(`${what} ${this.#clock.now()}`)
    if (this.mode === 'refusing') done(new Error('down'))
    else if (this.mode === 'throwing') throw new Error('bug')
    else if (this.mode === 'fine') go()
    else this.open.push(done)
  }
}

let clock: ManualClock
let events: GovernanceEvent[]
let registry: Flaky
let present: Watching
beforeEach(() => {
  clock = new ManualClock()
  events = []
  registry = new Flaky(clock)
  present = new Watching()
  registry.inner.watch('orders', present)
})
const told = () => events.map(({ type }) => type)

function registrarOf(instance: Instance = INSTANCE, options?: RegistrarOptions, host = ''): Registrar {
  const random = new SeededRandom(1, host)
  return new Registrar(instance, registry, { clock, random, events: { emit: (event) => events.push(event) } }, options)
}
function start(options?: RegistrarOptions): Registrar {
  const registrar = registrarOf(INSTANCE, options)
  registrar.start()
  return registrar
}

describe('Registrar', () => {
  it('registers, then beats about every 5 s, well within the lease of 15 s', () => {
    const registrar = start()
    expect(registrar.cell.value).toBe('registered')
    expect(events).toEqual([{ type: 'instanceRegistered', service: 'orders', endpoint: 'orders#1', atMs: 0 }])
    clock.advance(600_000)
    const beats = registry.times('heartbeat')
    const waits = beats.slice(1).map((at, i) => at - (beats[i] as number))
    expect(beats[0]).toBeLessThan(5_000)
    for (const wait of waits) expect(Math.abs(wait - 5_000)).toBeLessThanOrEqual(1_000.001)
    expect(new Set(waits.map(Math.round)).size).toBeGreaterThan(50)
    expect(beats.length).toBeGreaterThan(110)
    expect(present.lists.length).toBe(1)
    expect(told()).toEqual(['instanceRegistered'])
  })

  it('keeps instances that start together out of step', () => {
    for (let i = 0; i < 200; i++) registrarOf({ ...INSTANCE, id: `orders#${i}` }, {}, `host-${i}`).start()
    clock.advance(5_000)
    const bins = new Map<number, number>()
    for (const at of registry.times('heartbeat'))
      bins.set(Math.floor(at / 500), (bins.get(Math.floor(at / 500)) ?? 0) + 1)
    expect(bins.size).toBe(10)
    for (const count of bins.values()) expect(count).toBeLessThan(45)
  })

  it('registers again when the registry has lost it, at once but not in the same moment as all', () => {
    start()
    clock.advance(7_000)
    registry.inner.deregister(INSTANCE, () => {})
    clock.advance(12_000)
    expect(present.has('orders#1')).toBe(true)
    expect(told()).toEqual(['instanceRegistered', 'registrationLost', 'instanceRegistered'])
    const [, again] = registry.times('register')
    const lost = events[1]?.atMs as number
    expect(again as number).toBeGreaterThan(lost)
    expect((again as number) - lost).toBeLessThan(500)
  })

  it.each(['refusing', 'silent', 'throwing'] as const)(
    'tries for ever while a registry is %s, and comes back',
    (mode) => {
      registry.mode = mode
      const registrar = start()
      clock.advance(3_600_000)
      expect(registrar.cell.value).toBe('failing')
      const tries = registry.times('register')
      const waits = tries.slice(1).map((at, i) => at - (tries[i] as number))
      const answerMs = mode === 'silent' ? 5_000 : 0
      for (const wait of waits) {
        expect(wait).toBeGreaterThanOrEqual(answerMs + 500)
        expect(wait).toBeLessThanOrEqual(answerMs + 10_001)
      }
      expect(new Set(waits.map(Math.round)).size).toBeGreaterThan(waits.length / 3)
      expect(told()).toEqual(['registrationFailed'])
      registry.mode = 'fine'
      clock.advance(15_001)
      expect(told()).toEqual(['registrationFailed', 'instanceRegistered'])
      expect(registrar.cell.value).toBe('registered')
      expect(present.has('orders#1')).toBe(true)
    },
  )

  it('does not hear an answer after its time, nor one that is given twice', () => {
    registry.mode = 'silent'
    const registrar = start()
    clock.advance(7_000)
    expect(registry.times('register').length).toBe(2)
    const [late, second] = registry.open as [RegistryAnswer, RegistryAnswer]
    late()
    expect(registrar.cell.value).toBe('failing')
    second()
    expect(registrar.cell.value).toBe('registered')
    second(new Error('no'))
    late(new Error('no'))
    expect(registrar.cell.value).toBe('registered')
    expect(told()).toEqual(['registrationFailed', 'instanceRegistered'])
    expect(clock.pending).toBe(1)
  })

  it('begins the waits anew after each outage', () => {
    start()
    for (let outage = 0; outage < 3; outage++) {
      clock.advance(20_000)
      registry.mode = 'refusing'
      clock.advance(120_000)
      registry.mode = 'fine'
      clock.advance(20_000)
    }
    const failures = events.filter(({ type }) => type === 'registrationFailed')
    expect(failures.length).toBe(3)
    for (const { atMs } of failures) {
      const next = registry.times('register').find((at) => at > atMs) as number
      expect(next - atMs).toBeLessThanOrEqual(1_500)
    }
  })

  it('survives an outage shorter than the lease without leaving the list', () => {
    start()
    for (let i = 0; i < 20; i++) {
      clock.advance(20_000)
      registry.mode = 'refusing'
      clock.advance(3_000)
      registry.mode = 'fine'
    }
    clock.advance(20_000)
    expect(present.lists.length).toBe(1)
  })

  it('finds that its record is gone though heartbeats succeed', () => {
    // As where a key was deleted by hand while its lease lives on.
    start()
    clock.advance(10_000)
    registry.inner.deregister(INSTANCE, () => {})
    registry.heartbeat = (_instance, _ttlMs, done) => done()
    clock.advance(13_000)
    expect(told()).toEqual(['instanceRegistered', 'registrationLost', 'instanceRegistered'])
    expect(present.has('orders#1')).toBe(true)
  })

  // go-kratos/kratos#3464, #3883, zeromicro/go-zero#1926, #4201, gogf/gf#3683: after so many failures, or once a lease was
  // gone, an instance was never registered again, and nobody was told.
  it('3c 24: a registration is not lost for ever, however often and in whatever way, and each loss is told', () => {
    const registrar = start()
    const forget = (): void => registry.inner.deregister(INSTANCE, () => {})
    const { heartbeat } = registry
    const losses = [
      () => forget(),
      () => {
        forget()
        registry.heartbeat = (_instance, _ttlMs, done) => done()
      },
      () => (registry.mode = 'refusing'),
      () => (registry.mode = 'silent'),
      () => (registry.mode = 'throwing'),
    ]
    const waits: number[] = []
    for (let round = 0; round < 200; round++) {
      const toldBefore = events.length
      losses[round % losses.length]?.()
      clock.advance(60_000)
      const back = clock.now()
      registry.mode = 'fine'
      registry.heartbeat = heartbeat
      clock.advance(15_001)
      expect(present.has('orders#1')).toBe(true)
      expect(registrar.cell.value).toBe('registered')
      const [loss, again] = events.slice(toldBefore)
      expect(['registrationLost', 'registrationFailed']).toContain(loss?.type)
      expect(again?.type).toBe('instanceRegistered')
      if (round % losses.length > 1) waits.push((again?.atMs as number) - back)
    }
    // Not all in one moment after an outage.
    expect(new Set(waits.map(Math.round)).size).toBeGreaterThan(100)
  })

  describe('in a process whose event loop is busy', () => {
    /** The clock as that process sees it: what is due while it is busy comes when it is not. */
    class Busy implements Clock {
      #isBusy = false
      readonly #late: (() => void)[] = []
      now(): number {
        return clock.now()
      }
      wallNow(): number {
        return clock.wallNow()
      }
      schedule(atMs: number, task: TimerTask): Timer {
        let isCancelled = false
        const inner = clock.schedule(atMs, {
          onTimer: (timer) => {
            if (!this.#isBusy) task.onTimer(timer)
            else this.#late.push(() => !isCancelled && task.onTimer(timer))
          },
        })
        return {
          cancel: () => {
            isCancelled = true
            inner.cancel()
          },
        }
      }
      busyFor(ms: number): void {
        this.#isBusy = true
        clock.advance(ms)
        this.#isBusy = false
        for (const run of this.#late.splice(0)) run()
      }
    }
    let busy: Busy
    function startBusy(): Registrar {
      busy = new Busy()
      const ports = {
        clock: busy,
        random: new SeededRandom(1),
        events: { emit: (e: GovernanceEvent) => events.push(e) },
      }
      const registrar = new Registrar(INSTANCE, registry, ports)
      registrar.start()
      return registrar
    }

    // moleculerjs/moleculer#891: heartbeats that came late took nodes out.
    it('3c 30: is late by up to 9 s without leaving the list, and beats at once when it can', () => {
      startBusy()
      for (let round = 0; round < 100; round++) {
        busy.busyFor(8_900)
        const resumed = clock.now()
        const last = registry.times('heartbeat').at(-1) as number
        // Either it was not due yet, or it was made up for in the same moment.
        expect(resumed - last).toBeLessThan(6_001)
        clock.advance(137)
      }
      expect(present.lists.length).toBe(1)
      expect(told()).toEqual(['instanceRegistered'])
    })

    it('3c 30: finds out in the same moment that its lease ran out meanwhile, and registers again', () => {
      startBusy()
      clock.advance(10_000)
      busy.busyFor(40_000)
      expect(present.has()).toBe(true)
      expect(events.at(-1)).toMatchObject({ type: 'registrationLost', atMs: 50_000 })
      clock.advance(500)
      expect(present.has('orders#1')).toBe(true)
      expect(told()).toEqual(['instanceRegistered', 'registrationLost', 'instanceRegistered'])
    })

    it('hears an answer that lay unread while it was busy', () => {
      const registrar = startBusy()
      registry.mode = 'silent'
      clock.advance(5_000)
      const [answer] = registry.open
      expect(answer).toBeDefined()
      busy.busyFor(20_000)
      // Timers come before sockets.
      answer?.()
      clock.advance(100)
      expect(registrar.cell.value).toBe('registered')
      expect(told()).toEqual(['instanceRegistered'])
      // But no answer is none.
      clock.advance(7_000)
      busy.busyFor(20_000)
      clock.advance(100)
      expect(registrar.cell.value).toBe('failing')
    })
  })

  describe('close', () => {
    it('deregisters, tells it, and leaves no timer', () => {
      const registrar = start()
      clock.advance(12_000)
      let isDone = false
      registrar.close(() => (isDone = true))
      expect(isDone).toBe(true)
      expect(present.ids).toEqual([])
      expect(told()).toEqual(['instanceRegistered', 'instanceDeregistered'])
      expect(registrar.cell.value).toBe('deregistered')
      clock.advance(60_000)
      expect(registry.times('heartbeat').filter((at) => at > 12_000)).toEqual([])
      expect(clock.pending).toBe(0)
    })

    it('does so only once, and everybody who asked is told', () => {
      const registrar = start()
      registry.mode = 'silent'
      let done = 0
      registrar.close(() => done++)
      registrar.close(() => done++)
      expect(done).toBe(0)
      clock.advance(5_000)
      expect(done).toBe(2)
      registrar.close(() => done++)
      expect(done).toBe(3)
      expect(registry.times('deregister').length).toBe(1)
      expect(told()).toEqual(['instanceRegistered', 'registrationFailed'])
    })

    it('ends also a registrar that is failing, and one that never began', () => {
      registry.mode = 'refusing'
      const registrar = start()
      registrar.close()
      clock.advance(60_000)
      expect(registry.times('register').length).toBe(1)
      const idle = registrarOf()
      let isDone = false
      idle.close(() => (isDone = true))
      idle.start()
      expect(isDone).toBe(true)
      expect(registry.times('register').length).toBe(1)
      expect(clock.pending).toBe(0)
    })

    it('is tried again for as long as it is given, while nobody waits, and told once', () => {
      const registrar = start()
      registry.mode = 'refusing'
      let done = 0
      registrar.close(() => done++, 20_000)
      expect(done).toBe(1)
      clock.advance(4_000)
      expect(registry.times('deregister').length).toBeGreaterThan(2)
      registry.mode = 'fine'
      clock.advance(10_000)
      expect(present.ids).toEqual([])
      expect([done, ...told()]).toEqual([1, 'instanceRegistered', 'registrationFailed', 'instanceDeregistered'])
      expect(clock.pending).toBe(0)
    })

    it('is given up when its time is over, or nobody is there to try any more', () => {
      const registrar = start()
      registry.mode = 'silent'
      registrar.close(() => {}, 12_000)
      clock.advance(60_000)
      const tries = registry.times('deregister')
      expect(tries.length).toBeGreaterThan(1)
      expect(Math.max(...tries)).toBeLessThan(12_000)
      expect(clock.pending).toBe(0)
      const other = registrarOf({ ...INSTANCE, id: 'orders#2' })
      registry.mode = 'refusing'
      other.start()
      other.close(() => {}, 60_000)
      other.giveUp()
      expect(clock.pending).toBe(0)
    })

    it('may come from somebody who hears of the registration', () => {
      const registrar = registrarOf()
      registrar.cell.changes$.subscribe((state) => {
        if (state === 'registered') registrar.close()
      })
      registrar.start()
      clock.advance(60_000)
      expect(present.ids).toEqual([])
      expect(registry.times('heartbeat')).toEqual([])
      expect(clock.pending).toBe(0)
    })
  })
})
