import { type ChannelInterface, connectivityState } from '@grpc/grpc-js'
import type { Runtime } from '@seakeep/core'
import { after, type Clock, NO_DEADLINE, requestScope } from '@seakeep/core/spi'
import { GovernedStubCall } from './governed-stub-call.ts'
import { BIDIRECTIONAL, type MethodKind } from './method-kind.ts'

type Channel = ChannelInterface
type GrpcCall = ReturnType<Channel['createCall']>
type ParentCall = Parameters<Channel['createCall']>[3]

/** How the calls of a stub are governed, beyond the policy of their service. */
export interface GovernOptions {
  /** Default true, as for all gRPC calls; false, or false for a method (`pkg.Service/Method`), retries only what was not sent. */
  readonly idempotent?: boolean | ((method: string) => boolean)
  /** Calls wait for an endpoint, as those do whose metadata says so; or by method. Default false. */
  readonly waitForReady?: boolean | ((method: string) => boolean)
  /** Routing and rate-limit key. */
  readonly key?: string
  readonly priority?: string
}

/** grpc-js' flags of what a call made for another inherits: its deadline, and its being called off. */
const INHERITS_DEADLINE = 1
const INHERITS_CANCEL = 8
const DEFAULT_FLAGS = 0xffff

/** A service as a channel of grpc-js: each call that is created on it is a governed call. */
export class GovernedChannel implements Channel {
  readonly #runtime: Runtime
  readonly #service: string
  readonly #options: GovernOptions
  readonly #clock: Clock
  /** What the methods whose kind is known are called on. Shares everything but the kind. */
  readonly #kinds = new Map<MethodKind, GovernedChannel>()
  readonly #kind: MethodKind
  readonly #isClosed: { value: boolean }

  constructor(
    runtime: Runtime,
    service: string,
    options: GovernOptions,
    clock: Clock,
    kind: MethodKind = BIDIRECTIONAL,
    isClosed: { value: boolean } = { value: false },
  ) {
    this.#runtime = runtime
    this.#service = service
    this.#options = options
    this.#clock = clock
    this.#kind = kind
    this.#isClosed = isClosed
  }

  /** The same channel, for methods of which it is known which sides stream. */
  for(kind: MethodKind): GovernedChannel {
    let channel = this.#kinds.get(kind)
    if (channel === undefined) {
      channel = new GovernedChannel(this.#runtime, this.#service, this.#options, this.#clock, kind, this.#isClosed)
      this.#kinds.set(kind, channel)
    }
    return channel
  }

  createCall(
    method: string,
    deadline: Date | number,
    _host: string | null | undefined,
    parent: ParentCall,
    flags: number | null | undefined,
  ): GrpcCall {
    if (this.#isClosed.value) throw new Error('Channel has been shut down')
    const { idempotent = true, waitForReady = false, key, priority } = this.#options
    const name = method.slice(1)
    const inherited = flags ?? DEFAULT_FLAGS
    const scope = requestScope.current()
    let deadlineMs = Math.min(this.#instantOf(deadline), scope?.deadlineMs ?? NO_DEADLINE)
    if (parent !== null && parent !== undefined && (inherited & INHERITS_DEADLINE) !== 0) {
      deadlineMs = Math.min(deadlineMs, this.#instantOf(parent.getDeadline()))
    }
    const call = new GovernedStubCall(this.#runtime, this.#clock, this.#service, name, this.#kind, scope, {
      waitForReady: typeof waitForReady === 'function' ? waitForReady(name) : waitForReady,
      deadlineMs,
      key,
      priority: priority ?? scope?.priority,
      idempotent: typeof idempotent === 'function' ? idempotent(name) : idempotent,
      parentAttempt: scope?.attempt,
    })
    if (parent !== null && parent !== undefined && (inherited & INHERITS_CANCEL) !== 0) call.follow(parent)
    return call as unknown as GrpcCall
  }

  // ---- the rest of a channel, for `client.waitForReady` and who looks on ----

  getTarget(): string {
    return `discovery:///${this.#service}`
  }

  /** READY where endpoints are known: their connections are made by calls. */
  getConnectivityState(_tryToConnect: boolean): connectivityState {
    if (this.#isClosed.value) return connectivityState.SHUTDOWN
    const { endpoints } = this.#runtime.endpoints(this.#service).value
    return endpoints.length > 0 ? connectivityState.READY : connectivityState.CONNECTING
  }

  watchConnectivityState(current: connectivityState, deadline: Date | number, told: (error?: Error) => void): void {
    if (this.#isClosed.value) throw new Error('Channel has been shut down')
    let isOver = false
    const end = (error?: Error): void => {
      if (isOver) return
      isOver = true
      timer?.cancel()
      subscription?.unsubscribe()
      told(error)
    }
    const atMs = this.#instantOf(deadline)
    const late = (): void => end(new Error('Deadline passed without connectivity state change'))
    const timer = atMs === NO_DEADLINE ? undefined : after(this.#clock, atMs - this.#clock.now(), late)
    const { changes$ } = this.#runtime.endpoints(this.#service)
    const subscription = changes$.subscribe({
      next: () => {
        if (this.getConnectivityState(false) !== current) end()
      },
      complete: () => end(new Error('Channel has been shut down')),
    })
    if (isOver) subscription.unsubscribe()
  }

  getChannelzRef(): never {
    throw new Error('a governed channel has no channelz reference')
  }

  /** Ends the channel, not the runtime, whose connections others may use. */
  close(): void {
    this.#isClosed.value = true
  }

  #instantOf(deadline: Date | number): number {
    const wallMs = Number(deadline)
    if (wallMs === Number.POSITIVE_INFINITY) return NO_DEADLINE
    return this.#clock.now() + wallMs - this.#clock.wallNow()
  }
}
