import type { Verdict } from '../call/classification.ts'
import type { RandomStream } from '../random/random.ts'
import { type StateCell, WritableCell } from '../state/state-cell.ts'
import type { CircuitEvent, EventSink } from '../telemetry/events.ts'
import type { Clock } from '../time/clock.ts'
import type { ResolvedCircuitBreakerOptions } from './breaker-options.ts'
import { BreakerState, type Transition } from './breaker-state.ts'
import { type CircuitState, type Gate, REFUSED, UNKNOWN_EPOCH } from './circuit-breaker.ts'
import type { PeerCircuits } from './peer-circuits.ts'

/** What a circuit is made with besides its numbers. */
export interface BreakerParts {
  readonly clock: Clock
  /** Draws the open times; one stream a circuit. */
  readonly random: RandomStream
  readonly events: EventSink
  readonly service: string
  /** Whose circuit it is; the service's, where absent. */
  readonly endpoint?: string | undefined
  /** Called whenever {@link CircuitBreaker.isAdmitting} has changed, also by a probe taken or given back. */
  readonly onAdmittingChange?: (() => void) | undefined
}

/** The options of a circuit, and whether it only watches. */
type BreakerPolicy = ResolvedCircuitBreakerOptions & { readonly isShadow?: true }

/** Wakes a breaker at its `dueAtMs`; see {@link file://./breaker-loop.ts}. */
export interface BreakerAlarm {
  wake(breaker: CircuitBreaker): void
}

/**
 * Decides who hears of a transition, and when: nobody per call, and everybody only after the transition is whole. First
 * the owner of the row (so that no picker sees a stale one), then the alarm, then the public: the cell, the event. A
 * listener that moves the circuit itself is told of its own move after the one it was told of.
 *
 * In shadow it moves as ever, on paper: whom it would refuse it admits, with an epoch that nobody knows, so that what becomes
 * of them moves nothing, as it could not if they had been refused.
 *
 * What the states are and how they follow each other is the machine's, in {@link file://./breaker-state.ts}.
 */
export class CircuitBreaker implements Gate, StateCell<CircuitState> {
  readonly #machine: BreakerState
  readonly service: string
  readonly endpoint: string | undefined
  readonly #clock: Clock
  readonly #random: RandomStream
  readonly #events: EventSink
  readonly #onAdmittingChange: (() => void) | undefined
  #isShadow: boolean
  #wasAdmitting = true
  #alarm: BreakerAlarm | undefined = undefined
  /** Made when somebody follows the state: most circuits of a large system are never followed. */
  #cell: WritableCell<CircuitState> | undefined = undefined
  #untold: Telling[] | undefined = undefined
  /** Undefined where nobody else is asked. */
  #peers: PeerCircuits | undefined = undefined

  constructor(options: BreakerPolicy, parts: BreakerParts) {
    this.service = parts.service
    this.endpoint = parts.endpoint
    this.#machine = new BreakerState(options)
    this.#clock = parts.clock
    this.#random = parts.random
    this.#events = parts.events
    this.#onAdmittingChange = parts.onAdmittingChange
    this.#isShadow = options.isShadow === true
  }

  get value(): CircuitState {
    return this.#machine.state
  }

  get changes$(): StateCell<CircuitState>['changes$'] {
    this.#cell ??= new WritableCell<CircuitState>(this.#machine.state)
    return this.#cell.changes$
  }

  /** What brought it to its present state, with the numbers behind it. */
  get why(): string {
    return this.#machine.why
  }

  get isAdmitting(): boolean {
    return this.#machine.isAdmitting || this.#isShadow
  }

  /** It refuses on paper only. */
  get isShadow(): boolean {
    return this.#isShadow
  }

  /** When time alone moves it next; `Infinity` while it does not. */
  get dueAtMs(): number {
    return this.#machine.dueAtMs
  }

  // The next three are on the way of every attempt: what a calm circuit has no need of stands in methods of its own.

  enter(nowMs: number): number {
    const machine = this.#machine
    return machine.isCalm ? machine.epoch : this.#enter(nowMs)
  }

  onSend(epoch: number, nowMs: number): void {
    const machine = this.#machine
    if (!machine.isCalm) machine.onSend(epoch, nowMs)
  }

  leave(epoch: number, verdict: Verdict, sentMs: number, nowMs: number): void {
    if (verdict !== 'success' || !this.#machine.tryCount(epoch, nowMs)) this.#leave(epoch, verdict, sentMs, nowMs)
  }

  #enter(nowMs: number): number {
    const machine = this.#machine
    if (machine.isAging) this.#goIf(machine.age(nowMs), nowMs)
    const epoch = machine.enter(nowMs)
    if (machine.isProbing) this.#follow()
    return epoch === REFUSED && this.#isShadow ? UNKNOWN_EPOCH : epoch
  }

  #leave(epoch: number, verdict: Verdict, sentMs: number, nowMs: number): void {
    const machine = this.#machine
    const transition = machine.leave(epoch, verdict, sentMs, nowMs)
    if (transition !== undefined) this.#go(transition, nowMs)
    else if (machine.isProbing) this.#follow()
    else if (this.#peers !== undefined && machine.isDoubtful(verdict)) this.onPeers(nowMs)
  }

  retryAfterMs(nowMs: number): number | undefined {
    const machine = this.#machine
    // What a ramp holds back passes for certain when it is over.
    if (machine.isAdmitting) return Math.max(0, machine.rampedAtMs - nowMs)
    // A half-open circuit with all its probes out is decided by them: when, nobody knows.
    return machine.openForMs === undefined ? undefined : Math.max(0, machine.dueAtMs - nowMs)
  }

  /** Holds the circuit open until {@link release}. */
  isolate(): void {
    this.#goIf(this.#machine.isolate(), this.#clock.now())
  }

  /** Closes an isolated circuit, with nothing remembered; does nothing to any other. */
  release(): void {
    this.#goIf(this.#machine.release(), this.#clock.now())
  }

  /** Changes the numbers and keeps the state. */
  update(options: BreakerPolicy): void {
    this.#machine.update(options)
    this.#isShadow = options.isShadow === true
    this.#follow()
  }

  /** Who else is asked, and told; undefined for nobody. Those before are taken leave of. */
  join(peers: PeerCircuits | undefined): void {
    if (this.#peers !== peers) this.#peers?.close()
    this.#peers = peers
  }

  get peers(): PeerCircuits | undefined {
    return this.#peers
  }

  /** What peers say may have changed. */
  onPeers(nowMs: number): void {
    if (this.#machine.state !== 'closed' || this.#peers === undefined) return
    this.#goIf(this.#machine.hear(this.#peers.open(nowMs), nowMs), nowMs)
  }

  /** For the loop: moves what is due by time. */
  onTime(nowMs: number): void {
    this.#goIf(this.#machine.tick(nowMs), nowMs)
  }

  /** For the loop: who is to wake it. */
  attach(alarm: BreakerAlarm | undefined): void {
    this.#alarm = alarm
    if (alarm !== undefined && this.#machine.dueAtMs !== Number.POSITIVE_INFINITY) alarm.wake(this)
  }

  /** Ends `changes$`. The circuit itself goes on for calls that are still under way. */
  close(): void {
    this.#cell?.complete()
  }

  #goIf(transition: Transition | undefined, nowMs: number): void {
    if (transition !== undefined) this.#go(transition, nowMs)
  }

  #go(transition: Transition, nowMs: number): void {
    const machine = this.#machine
    machine.go(transition, nowMs, this.#random.next())
    const telling = { state: transition.to, event: this.#eventOf(transition, nowMs) }
    this.#follow()
    if (this.#peers !== undefined) this.#report(this.#peers, transition)
    this.#tell(telling)
  }

  /** Peers are told of verdicts reached here. One that nobody renews is forgotten with the evidence it came from. */
  #report(peers: PeerCircuits, { to, isHearsay }: Transition): void {
    const { openForMs, memoryMs } = this.#machine
    if (to === 'closed' || to === 'isolated') peers.withdraw()
    else if (openForMs !== undefined && isHearsay !== true) peers.report(Math.max(openForMs, memoryMs))
  }

  #follow(): void {
    const machine = this.#machine
    if (machine.dueAtMs !== Number.POSITIVE_INFINITY) this.#alarm?.wake(this)
    const { isAdmitting } = this
    if (isAdmitting === this.#wasAdmitting) return
    this.#wasAdmitting = isAdmitting
    this.#onAdmittingChange?.()
  }

  #eventOf(transition: Transition, atMs: number): CircuitEvent {
    const { event: type, why } = transition
    const { service, endpoint } = this
    const openForMs = this.#machine.openForMs
    const event = { type, service, endpoint, atMs, why }
    const timed = openForMs === undefined ? event : { ...event, openForMs }
    return this.#isShadow ? { ...timed, isShadow: true } : timed
  }

  #tell(telling: Telling): void {
    if (this.#untold !== undefined) {
      this.#untold.push(telling)
      return
    }
    const untold = [telling]
    this.#untold = untold
    try {
      for (let i = 0; i < untold.length; i++) {
        const { state, event } = untold[i] as Telling
        this.#cell?.set(state)
        this.#events.emit(event)
      }
    } finally {
      this.#untold = undefined
    }
  }
}

interface Telling {
  readonly state: CircuitState
  readonly event: CircuitEvent
}
