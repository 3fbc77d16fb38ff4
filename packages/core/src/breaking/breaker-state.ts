import type { Verdict } from '../call/classification.ts'
import type { CircuitEvent } from '../telemetry/events.ts'
import type { ResolvedCircuitBreakerOptions } from './breaker-options.ts'
import { spanText } from './call-window.ts'
import { type CircuitState, REFUSED } from './circuit-breaker.ts'
import { ClosedEvidence } from './closed-evidence.ts'
import { ProbeLeases } from './probe-leases.ts'
import { Ramp } from './ramp.ts'

/**
 * Decides when a circuit opens, probes and closes. No clock, no chance, no listeners: the present and a draw come as
 * arguments, so the same machine runs in production, in the simulator and against a model in its test.
 *
 * Whoever feeds it an outcome or the passing of time is told the {@link Transition} that follows, if one does, and
 * carries it out with {@link BreakerState.go} in the same turn. Every admission has a number, and every transition makes
 * all numbers given out before it worthless: an outcome of an earlier state moves nothing (jaseci-labs/jac#8064).
 */
export interface Transition {
  readonly to: CircuitState
  readonly event: CircuitEvent['type']
  readonly why: string
  /** Opened because peers say so: no verdict of its own, and not to be passed on as one. */
  readonly isHearsay?: boolean
}

const ISOLATION: Transition = { to: 'isolated', event: 'circuitIsolated', why: 'isolated by hand' }
const RELEASE: Transition = { to: 'closed', event: 'circuitReleased', why: 'released by hand' }

export class BreakerState {
  /** Closed, with nothing but the ends of calls to move it: no ramp, and no evidence in the age of those under way. */
  isCalm: boolean
  /** The number of what is admitted now; of the first probe, in half-open. */
  epoch = 0
  readonly #evidence: ClosedEvidence
  state: CircuitState = 'closed'
  /** Would {@link enter} admit now? */
  isAdmitting = true
  /** True in half-open, where an admission or its end may move {@link isAdmitting} and {@link dueAtMs}. */
  isProbing = false
  why = 'closed from the start'
  /** When time alone moves the machine next: the end of the open time, or the first probe to be lost. */
  dueAtMs: number = Number.POSITIVE_INFINITY
  /** The length of the present open time; undefined unless open. */
  openForMs: number | undefined = undefined
  #options: ResolvedCircuitBreakerOptions
  /** From closing until its time is over. */
  #ramp: Ramp | undefined = undefined
  /** Openings since the circuit was closed last. */
  #openings = 0
  #leases: ProbeLeases | undefined = undefined

  constructor(options: ResolvedCircuitBreakerOptions) {
    this.#options = options
    this.#evidence = new ClosedEvidence(options)
    this.isCalm = options.slowCall === undefined
  }

  /**
   * New numbers, same state: counts, open time and leases that are out stay. A window of another length starts empty, and
   * with another `slowCall.over` the calls already under way are no evidence.
   */
  update(options: ResolvedCircuitBreakerOptions): void {
    this.#options = options
    this.#evidence.update(options)
    if (options.rampForMs === 0) this.#ramp = undefined
    this.#calm()
  }

  /** How long what it has seen counts. */
  get memoryMs(): number {
    return this.#options.windowMs
  }

  /** Whether a call that ended so is a reason to ask others what they see. */
  isDoubtful(verdict: Verdict): boolean {
    if (this.state !== 'closed') return false
    return verdict === 'failure' || (verdict === 'success' && this.#options.slowCall !== undefined)
  }

  /** True where the age of calls under way is evidence: {@link age} has to be asked before {@link enter}. */
  get isAging(): boolean {
    return this.#evidence.isAging
  }

  /** The number of the admission, at least 0; or REFUSED. */
  enter(nowMs: number): number {
    if (this.state === 'closed') return this.#ramp === undefined || this.#isPastRamp(nowMs) ? this.epoch : REFUSED
    return this.#leases === undefined ? REFUSED : this.#lend(this.#leases, nowMs)
  }

  /** What was admitted goes out. */
  onSend(epoch: number, nowMs: number): void {
    if (this.state === 'closed' && epoch === this.epoch) this.#evidence.sent(nowMs)
  }

  /** What the calls under way say by not having ended. */
  age(nowMs: number): Transition | undefined {
    const why = this.#evidence.age(nowMs)
    return why === undefined ? undefined : opening(why)
  }

  /**
   * So many peers have opened their circuits by what they saw themselves. That stands in for `minimumCalls`, and for nothing
   * else: what was seen here has to point the same way, so that peers cut off from a target that is well take it from nobody.
   */
  hear(openPeers: number, nowMs: number): Transition | undefined {
    const { quorum } = this.#options
    if (this.state !== 'closed' || quorum === undefined || openPeers < quorum) return undefined
    const why = this.#evidence.suspicion(nowMs)
    if (why === undefined) return undefined
    return { ...opening(`open at ${openPeers} peers (quorum ${quorum}), here ${why}`), isHearsay: true }
  }

  /** Counts a success where nothing else can come of it; false, and nothing is done, where {@link leave} has to be asked. */
  tryCount(epoch: number, nowMs: number): boolean {
    return this.isCalm && (epoch !== this.epoch || this.#evidence.tryCount(nowMs))
  }

  /** Ends an admission. */
  leave(epoch: number, verdict: Verdict, sentMs: number, nowMs: number): Transition | undefined {
    if (this.state === 'closed') {
      if (epoch !== this.epoch) return undefined
      if (sentMs <= nowMs) this.#evidence.ended(sentMs)
      this.#ramp?.ended()
      if (verdict === 'ignored') return undefined
      const why = this.#evidence.record(verdict === 'failure', nowMs - sentMs, nowMs)
      return why === undefined ? undefined : opening(why)
    }
    return this.#leases === undefined ? undefined : this.#giveBack(this.#leases, epoch, verdict, nowMs - sentMs)
  }

  /** When a ramp, where there is one, lets all calls pass. */
  get rampedAtMs(): number {
    return this.#ramp === undefined ? Number.NEGATIVE_INFINITY : this.#ramp.endsAtMs
  }

  /** What the passing of time makes of it. */
  tick(nowMs: number): Transition | undefined {
    if (nowMs < this.dueAtMs) return undefined
    if (this.#leases !== undefined)
      return opening(`a probe did not end within ${spanText(this.#options.probeTimeoutMs)}`)
    return { to: 'half-open', event: 'circuitHalfOpened', why: `was open for ${spanText(this.openForMs ?? 0)}` }
  }

  isolate(): Transition | undefined {
    return this.state === 'isolated' ? undefined : ISOLATION
  }

  release(): Transition | undefined {
    return this.state === 'isolated' ? RELEASE : undefined
  }

  /** Carries a transition out. `u` in [0, 1) draws the open time. */
  go(transition: Transition, nowMs: number, u: number): void {
    this.epoch += this.#leases === undefined ? 1 : this.#leases.size
    this.#leases = transition.to === 'half-open' ? new ProbeLeases(this.#options.halfOpenProbes) : undefined
    this.state = transition.to
    this.why = transition.why
    this.isProbing = this.#leases !== undefined
    this.isAdmitting = this.isProbing || transition.to === 'closed'
    this.openForMs = transition.to === 'open' ? this.#nextOpenForMs(u) : undefined
    this.dueAtMs = this.openForMs === undefined ? Number.POSITIVE_INFINITY : nowMs + this.openForMs
    this.#ramp = undefined
    this.#evidence.clear()
    if (transition.to === 'closed') {
      this.#openings = 0
      const { rampForMs, halfOpenProbes } = this.#options
      // Who releases a circuit by hand has decided that the target may be trusted.
      if (rampForMs > 0 && transition !== RELEASE) this.#ramp = new Ramp(nowMs, rampForMs, halfOpenProbes)
    }
    this.#calm()
  }

  #lend(leases: ProbeLeases, nowMs: number): number {
    const slot = leases.lend(nowMs + this.#options.probeTimeoutMs)
    if (slot < 0) return REFUSED
    this.#followLeases(leases)
    return this.epoch + slot
  }

  #giveBack(leases: ProbeLeases, epoch: number, verdict: Verdict, durationMs: number): Transition | undefined {
    if (!leases.giveBack(epoch - this.epoch)) return undefined
    this.#followLeases(leases)
    return verdict === 'ignored' ? undefined : this.#judgeProbe(leases, verdict === 'failure', durationMs)
  }

  #isPastRamp(nowMs: number): boolean {
    const ramp = this.#ramp as Ramp
    if (nowMs < ramp.endsAtMs) return ramp.admits(nowMs)
    this.#ramp = undefined
    this.#calm()
    return true
  }

  #calm(): void {
    this.isCalm = this.state === 'closed' && this.#ramp === undefined && this.#options.slowCall === undefined
  }

  /** Any failure reopens; the last success that is needed closes, unless the slow ones among them are too many. */
  #judgeProbe(leases: ProbeLeases, isFailure: boolean, durationMs: number): Transition | undefined {
    if (isFailure) return opening(`a probe failed after ${leases.succeeded} of ${leases.size} had succeeded`)
    const { slowCall } = this.#options
    leases.succeeded++
    if (slowCall !== undefined && durationMs > slowCall.overMs) leases.slow++
    if (leases.succeeded < leases.size) return undefined
    if (slowCall !== undefined && leases.slow > 0 && leases.slow / leases.size >= slowCall.ratio) {
      return opening(`${leases.slow} of ${leases.size} probes took longer than ${spanText(slowCall.overMs)}`)
    }
    return { to: 'closed', event: 'circuitClosed', why: `${leases.succeeded} of ${leases.size} probes succeeded` }
  }

  #followLeases(leases: ProbeLeases): void {
    this.isAdmitting = leases.inUse < leases.size
    this.dueAtMs = leases.earliestDeadlineMs
  }

  /** Doubles with each opening in a row, up to a bound; drawn up or down after it, or all would probe in step there. */
  #nextOpenForMs(u: number): number {
    const { openForMs, maxOpenForMs, jitter } = this.#options
    return Math.min(openForMs * 2 ** this.#openings++, maxOpenForMs) * (1 + jitter * (2 * u - 1))
  }
}

function opening(why: string): Transition {
  return { to: 'open', event: 'circuitOpened', why }
}
