// A runtime on ports by hand, with servers that answer as a test tells them to.
import { type GovernanceEvent, type Instance, isSeakeepError, type Runtime } from '../src/index.ts'
import {
  assembleRuntime,
  MemoryRegistry,
  NO_LOAD,
  NO_SIGNALS,
  parsePolicyDocument,
  type RuntimeParts,
} from '../src/spi.ts'
import { type FarSide, ManualClock, MemoryTransport, SeededRandom } from '../src/testing/index.ts'

/** A promise that is looked at rather than waited for. */
export class Watched<T> {
  value: T | undefined
  error: unknown
  isSettled = false
  /** On the bench's clock. */
  atMs = Number.NaN

  constructor(promise: Promise<T>, clock: ManualClock) {
    promise.then(
      (value) => {
        this.value = value
        this.#settle(clock)
      },
      (error: unknown) => {
        this.error = error
        this.#settle(clock)
      },
    )
  }

  /** What the error says of itself, as far as a test is interested. */
  get failure(): Readonly<Record<string, unknown>> {
    const { error } = this
    if (!this.isSettled) throw new Error('it has not ended')
    if (!isSeakeepError(error)) throw new Error(`it ended with ${String(error ?? this.value)}`, { cause: error })
    return error as unknown as Readonly<Record<string, unknown>>
  }

  #settle(clock: ManualClock): void {
    this.isSettled = true
    this.atMs = clock.now()
  }
}

export type Handler = (far: FarSide, clock: ManualClock) => void

/** Answers with a status, at once or later. */
export function answering(status = 200, afterMs = 0): Handler {
  return (far, clock) => {
    if (afterMs === 0) far.answer(status, { status })
    else clock.schedule(clock.now() + afterMs, { onTimer: () => far.answer(status, { status }) })
  }
}

/** Never answers. */
export const silent: Handler = () => {}

export class Bench {
  readonly clock: ManualClock = new ManualClock()
  readonly registry: MemoryRegistry = new MemoryRegistry(this.clock)
  readonly transport: MemoryTransport = new MemoryTransport(this.clock)
  readonly events: GovernanceEvent[] = []
  readonly runtime: Runtime
  /** Which endpoint got an attempt, one after the other, and when. */
  readonly sent: string[] = []
  readonly sentAtMs: number[] = []
  /** The far sides of attempts, in the same order. */
  readonly far: FarSide[] = []
  /** Those of them whose caller called them off, by their place in `sent`. */
  readonly gone: number[] = []

  /** `targets` of a policy document; none for no document. */
  constructor(targets?: Readonly<Record<string, object>>, parts: Partial<RuntimeParts> = {}) {
    this.runtime = assembleRuntime(
      { service: 'web', policies: targets === undefined ? undefined : parsePolicyDocument({ version: 1, targets }) },
      {
        clock: this.clock,
        random: new SeededRandom(1),
        events: { emit: (event) => void this.events.push(event) },
        transports: [this.transport],
        registries: [this.registry],
        servers: [],
        load: NO_LOAD,
        signals: NO_SIGNALS,
      },
      parts,
    )
  }

  /** Puts an instance of `orders` up: known to the registry, and answering. */
  up(id: string, handler: Handler = answering(), more: Partial<Instance> = {}): this {
    this.serve(id, handler)
    this.registry.register(this.instance(id, more), Number.POSITIVE_INFINITY, () => {})
    return this
  }

  /** Changes how it answers. */
  serve(id: string, handler: Handler): void {
    this.transport.serve(id, (far) => {
      this.sent.push(id)
      this.sentAtMs.push(this.clock.now())
      const place = this.far.push(far) - 1
      far.onGone(() => this.gone.push(place))
      handler(far, this.clock)
    })
  }

  /** Takes it out of the registry; it goes on answering. */
  leave(id: string): void {
    this.registry.deregister(this.instance(id), () => {})
  }

  instance(id: string, more: Partial<Instance> = {}): Instance {
    const address = { host: id, port: 80 }
    return { id, service: 'orders', address, protocol: 'memory', weight: 1, ...more }
  }

  /** Calls `orders`. */
  call(...[request, options]: Parameters<ReturnType<Runtime['client']>['call']>): Watched<unknown> {
    return this.watch(this.runtime.client('orders').call(request, options))
  }

  watch<T>(promise: Promise<T>): Watched<T> {
    return new Watched(promise, this.clock)
  }

  /** Lets time pass, and whatever waits for promises run. */
  pass(ms: number): Promise<void> {
    return this.clock.advanceAsync(ms)
  }

  /** One call, to its end within `ms`. */
  async callOnce(ms: number = 0, ...args: Parameters<Bench['call']>): Promise<Watched<unknown>> {
    const call = this.call(...args)
    await this.pass(ms)
    return call
  }

  typesOfEvents(): string[] {
    return this.events.map(({ type }) => type)
  }
}
