// Every way to find a limit, with every line, under any sequence of what can happen to it: it never admits beyond its
// present limit, lets nobody wait while there is room, and forgets no one who waits.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SeededRandom } from '../random/seeded-random.ts'
import { NO_EVENTS } from '../telemetry/events.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import type { ConcurrencyLimiter } from './concurrency-limiter.ts'
import { createLimiter } from './create-limiter.ts'
import { LimitLoop } from './limit-loop.ts'
import type { PermitEnd, Waiter } from './limiter.ts'
import { type ConcurrencyOptions, resolveConcurrencyOptions } from './limiter-options.ts'

type Step =
  | { readonly what: 'arrive'; readonly kind: Kind; readonly priority: string; readonly patienceMs: number }
  | { readonly what: 'end'; readonly which: number; readonly end: PermitEnd }
  | { readonly what: 'giveUp'; readonly which: number }
  | { readonly what: 'pass'; readonly ms: number }
  /** So many rounds of twenty milliseconds in each of which all permits are used: what a limit that moves learns from. */
  | { readonly what: 'work'; readonly rounds: number }
  | { readonly what: 'update'; readonly max: number; readonly queue: number }

/** What it does with its permit: keeps it, gives it back in the same turn, or throws (and so keeps it). */
type Kind = 'keeps' | 'returns' | 'throws'

const which = fc.nat(1_000)
const arrival = fc.record({
  what: fc.constant('arrive' as const),
  kind: fc.constantFrom<Kind>('keeps', 'keeps', 'keeps', 'returns', 'throws'),
  priority: fc.constantFrom('sheddable', 'default', 'critical'),
  patienceMs: fc.constantFrom(0, 30, 300, Number.POSITIVE_INFINITY),
})
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: arrival },
  {
    weight: 5,
    arbitrary: fc.record({
      what: fc.constant('end' as const),
      which,
      end: fc.constantFrom<PermitEnd>('success', 'success', 'drop', 'ignore'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('giveUp' as const), which }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('work' as const), rounds: fc.nat(120) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constant('pass' as const),
      ms: fc.oneof(fc.nat(20), fc.nat(200), fc.constant(1_500)),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      what: fc.constant('update' as const),
      max: fc.integer({ min: 1, max: 8 }),
      queue: fc.nat(20),
    }),
  },
)

type Fate = 'waiting' | 'served' | 'dropped' | 'left'

class Arrival implements Waiter {
  previous: Waiter | undefined = undefined
  next: Waiter | undefined = undefined
  isWaiting = false
  joinedMs = 0
  readonly waitDeadlineMs: number
  readonly priority: string
  readonly kind: Kind
  readonly #world: World
  fate: Fate = 'waiting'
  servedMs = 0

  constructor(world: World, kind: Kind, priority: string, waitDeadlineMs: number) {
    this.#world = world
    this.kind = kind
    this.priority = priority
    this.waitDeadlineMs = waitDeadlineMs
  }

  onPermit(): void {
    this.become('served')
    this.#world.onServed(this)
  }

  onDropped(): void {
    this.become('dropped')
  }

  become(fate: Fate): void {
    if (this.fate !== 'waiting') throw new Error(`${fate} after it was ${this.fate}`)
    this.fate = fate
  }
}

class World {
  readonly clock = new ManualClock()
  readonly options: ConcurrencyOptions
  readonly limiter: ConcurrencyLimiter
  readonly loop = new LimitLoop(this.clock, NO_EVENTS)
  readonly joined: Arrival[] = []
  readonly held: Arrival[] = []

  constructor(options: ConcurrencyOptions) {
    this.options = options
    const ports = { clock: this.clock, random: new SeededRandom(3), loop: this.loop, service: 'orders' }
    this.limiter = createLimiter(resolveConcurrencyOptions(options), ports)
  }

  get waiting(): Arrival[] {
    return this.joined.filter(({ fate }) => fate === 'waiting')
  }

  onServed(one: Arrival): void {
    const { limiter } = this
    if (limiter.inFlight > limiter.limit) throw new Error(`${limiter.inFlight} admitted of ${limiter.limit}`)
    one.servedMs = this.clock.now()
    this.held.push(one)
    if (one.kind === 'returns') this.end(one, 'ignore')
    if (one.kind === 'throws') throw new Error('out of luck')
  }

  end(one: Arrival, end: PermitEnd): void {
    this.held.splice(this.held.indexOf(one), 1)
    this.#forgive(() => this.limiter.release(end, this.clock.now() - one.servedMs, this.clock.now()))
  }

  take(todo: Step): void {
    const { limiter, clock } = this
    if (todo.what === 'pass') return this.#forgive(() => clock.advance(todo.ms))
    if (todo.what === 'work') {
      for (let round = 0; round < todo.rounds; round++) {
        while (limiter.inFlight < limiter.limit) {
          this.take({ what: 'arrive', kind: 'keeps', priority: 'default', patienceMs: Number.POSITIVE_INFINITY })
        }
        clock.advance(20)
        for (const one of [...this.held]) this.end(one, 'success')
        this.check()
      }
      return
    }
    if (todo.what === 'arrive') {
      const one = new Arrival(this, todo.kind, todo.priority, clock.now() + todo.patienceMs)
      if (limiter.tryAcquire()) this.#forgive(() => one.onPermit())
      else if (limiter.join(one)) this.joined.push(one)
      return
    }
    if (todo.what === 'update') {
      const { limit, max, ...others } = this.options
      // A line that has a discipline has places.
      const queue = Math.max(1, todo.queue)
      const numbers = limit === undefined ? { min: 1, initial: 1, max: todo.max } : { limit: todo.max }
      return this.#forgive(() => limiter.update(resolveConcurrencyOptions({ ...others, ...numbers, queue })))
    }
    const from = todo.what === 'end' ? this.held : this.waiting
    const one = from[todo.which % from.length]
    if (one === undefined) return
    if (todo.what === 'end') return this.end(one, todo.end)
    one.become('left')
    limiter.leave(one)
  }

  check(): void {
    const { limiter, held, waiting } = this
    const { limit, inFlight, queued } = limiter.value
    if (inFlight !== held.length || queued !== waiting.length) {
      throw new Error(`${inFlight} in flight of ${held.length}, ${queued} wait of ${waiting.length}`)
    }
    if (queued > 0 && inFlight < limit) throw new Error(`${queued} wait while ${inFlight} of ${limit} are in flight`)
    if (!(limit >= 1)) throw new Error(`a limit of ${limit}`)
  }

  /** All that a thrower throws is its own. */
  #forgive(act: () => void): void {
    try {
      act()
    } catch (thrown) {
      if ((thrown as Error).message !== 'out of luck') throw thrown
    }
  }
}

const KINDS: readonly ConcurrencyOptions[] = [
  { limit: 3 },
  ...(['gradient', 'vegas', 'aimd'] as const).map((algorithm) => ({ algorithm, min: 1, initial: 3, max: 6 })),
]

describe.each(['fifo', 'lifo', 'codel', 'priority'] as const)('a %s line', (discipline) => {
  test.each(KINDS)('in front of %j', (kind) => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 300, size: 'max' }), (steps) => {
        const world = new World({ ...kind, queue: 12, discipline })
        for (const todo of steps) {
          world.take(todo)
          world.check()
        }
        // All who hold a permit give it back: then nobody waits, and the fate of each is known.
        while (world.held.length > 0) world.end(world.held[0] as Arrival, 'success')
        expect([world.limiter.inFlight, world.limiter.queued, world.waiting.length]).toEqual([0, 0, 0])
        world.clock.advance(60_000)
        expect(world.clock.pending).toBe(0)
      }),
      { seed: 18, numRuns: 100 },
    )
  })
})
