import type { Instance } from '@seakeep/core'
import { after, type Clock, type MemoryRegistry } from '@seakeep/core/spi'
import type { FarSide, MemoryTransport } from '@seakeep/core/testing'

/** How an endpoint answers, and what part of them does. */
const MOODS = [
  { share: 0.72, answer: (far: FarSide, clock: Clock) => later(far, clock, 1 + Math.random() * 4, 200) },
  { share: 0.1, answer: (far: FarSide, clock: Clock) => later(far, clock, 20 + Math.random() * 300, 200) },
  { share: 0.06, answer: (far: FarSide, clock: Clock) => later(far, clock, 1, 500) },
  { share: 0.04, answer: (far: FarSide) => far.answer(503, 'later', { 'retry-after': '1' }) },
  { share: 0.04, answer: (far: FarSide) => far.reset() },
  // Never answers: only a timeout notices.
  { share: 0.04, answer: () => {} },
] as const
type Mood = (typeof MOODS)[number]
const FAILING: Mood = MOODS[2]

/** How long an instance that nobody sends heartbeats for stays in the registry. */
const LEASE_MS = 500

interface Member {
  readonly instance: Instance
  mood: Mood
}

/**
 * Endpoints that come and go. With each step one changes how it answers and one leaves: in order, or without a word, so
 * that its lease ends and it no longer answers meanwhile. In its place comes a new one, or one that was there before.
 */
export class Fleet {
  readonly #services: readonly string[]
  readonly #registry: MemoryRegistry
  readonly #transport: MemoryTransport
  /** Of the far sides: what they wait for is no timer of the runtime. */
  readonly #clock: Clock
  readonly #members: Member[] = []
  readonly #left: Instance[] = []
  #made = 0

  constructor(
    services: readonly string[],
    size: number,
    registry: MemoryRegistry,
    transport: MemoryTransport,
    clock: Clock,
  ) {
    this.#services = services
    this.#registry = registry
    this.#transport = transport
    this.#clock = clock
    while (this.#members.length < size) this.#join(this.#create())
  }

  get size(): number {
    return this.#members.length
  }

  step(): void {
    const place = Math.floor(Math.random() * this.#members.length)
    const [member] = this.#members.splice(place, 1)
    if (member !== undefined) this.#leave(member.instance)
    const returning = Math.random() < 0.5 ? this.#left.shift() : undefined
    this.#join(returning ?? this.#create())
    const other = this.#members[Math.floor(Math.random() * this.#members.length)]
    if (other !== undefined) other.mood = drawMood()
  }

  /** All of one service fail at once; step by step they are well again. */
  strike(): void {
    const struck = this.#services[Math.floor(Math.random() * this.#services.length)]
    for (const member of this.#members) if (member.instance.service === struck) member.mood = FAILING
  }

  #create(): Instance {
    const number = this.#made++
    const service = this.#services[number % this.#services.length] as string
    const zone = `zone-${number % 3}`
    const weight = 1 + (number % 3)
    return {
      id: `${service}#${number}`,
      service,
      address: { host: 'memory', port: 1 },
      protocol: 'memory',
      weight,
      zone,
    }
  }

  #join(instance: Instance): void {
    const member: Member = { instance, mood: drawMood() }
    this.#members.push(member)
    this.#transport.serve(instance.id, (far) => member.mood.answer(far, this.#clock))
    this.#registry.register(instance, Number.POSITIVE_INFINITY, () => {})
  }

  #leave(instance: Instance): void {
    this.#registry.deregister(instance, () => {})
    // Without a word: what is in the registry is a lease that nobody renews.
    if (Math.random() < 0.5) this.#registry.register(instance, LEASE_MS, () => {})
    this.#transport.serve(instance.id, undefined)
    this.#left.push(instance)
    if (this.#left.length > 20) this.#left.shift()
  }
}

function drawMood(): Mood {
  let left = Math.random()
  for (const mood of MOODS) {
    left -= mood.share
    if (left < 0) return mood
  }
  return MOODS[0]
}

function later(far: FarSide, clock: Clock, ms: number, status: number): void {
  const timer = after(clock, ms, () => far.answer(status, 'ok'))
  far.onGone(() => timer.cancel())
}
