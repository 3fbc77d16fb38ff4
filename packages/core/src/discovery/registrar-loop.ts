import { asError } from '../errors/as-error.ts'
import type { Clock, Timer, TimerTask } from '../time/clock.ts'
import type { RegistryAnswer, RegistryError } from './registry.ts'

/** The questions a registrar puts to its registry, and what it decides; {@link RegistrationLoop} decides when. */
export interface RegistrationSteps {
  register(done: RegistryAnswer): void
  heartbeat(done: RegistryAnswer): void
  deregister(done: RegistryAnswer): void
  /** Milliseconds until the next heartbeat; the first one after a registration may come sooner. */
  untilHeartbeat(isFirst: boolean): number
  /** Milliseconds until registering anew after a failure. */
  untilRetry(error: RegistryError): number
  /** The registry has taken the registration. */
  onRegistered(): void
  /** A question failed, or was not answered in time. */
  onFailure(error: RegistryError): void
}

/** A timer that fires so much after its time says that this process was busy. */
const LATE_MS = 50

type Question = 'register' | 'heartbeat' | 'deregister'

/**
 * Registers and sends heartbeats, for ever: whatever fails, the next thing done, after a wait, is to register again,
 * which writes the instance anew where it was lost and extends its lease where it was not.
 *
 * One question is under way at a time; a registry that does not answer has answered with an error when its time is over,
 * and what it says later is not heard.
 *
 * A process that was busy finds its timers due before it reads its sockets: where the time for an answer ran out while it
 * was, the answer is given a moment more to be read. What else is due is asked at once.
 *
 * It arms itself on the clock, without a pipe in between: each simulated instance has one of these, and a topology of a
 * thousand services would spend more on their heartbeats than on its calls.
 */
export class RegistrationLoop implements TimerTask {
  readonly #steps: RegistrationSteps
  readonly #clock: Clock
  readonly #answerTimeoutMs: number
  /** What is under way; undefined while the loop waits to ask {@link #next}. */
  #asked: Question | undefined = undefined
  /** Counts the questions, so that a late answer is known as one. */
  #number = 0
  #next: Question = 'register'
  #timer: Timer | undefined = undefined
  #dueAtMs = 0
  /** The question was given that moment. */
  #isLate = false
  #onEnd: ((error?: Error) => void) | undefined = undefined
  /** Until when a deregistration that fails is tried again. */
  #endsAtMs = 0

  constructor(steps: RegistrationSteps, answerTimeoutMs: number, clock: Clock) {
    this.#steps = steps
    this.#clock = clock
    this.#answerTimeoutMs = answerTimeoutMs
  }

  start(): void {
    this.#ask('register')
  }

  /**
   * Asks nothing further but to be taken out, until it is or `untilMs` has come. `onEnd` is told of each try how it went,
   * perhaps before this returns.
   */
  end(onEnd: (error?: Error) => void, untilMs: number): void {
    this.#onEnd = onEnd
    this.#endsAtMs = untilMs
    this.#ask('deregister')
  }

  /** Asks nothing any more. */
  stop(): void {
    this.#number++
    this.#asked = undefined
    this.#timer?.cancel()
  }

  onTimer(): void {
    if (this.#asked === undefined) this.#ask(this.#next)
    else if (!this.#isLate && this.#clock.now() - this.#dueAtMs > LATE_MS) {
      this.#isLate = true
      this.#arm(LATE_MS)
    } else this.#hear(this.#number, new Error(`no answer to ${this.#asked} in ${this.#answerTimeoutMs} ms`))
  }

  #ask(question: Question): void {
    const number = ++this.#number
    this.#asked = question
    this.#isLate = false
    try {
      this.#steps[question]((error) => this.#hear(number, error))
    } catch (thrown) {
      this.#hear(number, asError(thrown))
    }
    // Most registries at hand answer inside the question; then what comes next is armed already.
    if (number === this.#number && this.#asked !== undefined) this.#arm(this.#answerTimeoutMs)
  }

  #hear(number: number, error: RegistryError | undefined): void {
    const question = this.#asked
    if (number !== this.#number || question === undefined) return
    this.#asked = undefined
    if (question === 'deregister') {
      this.#timer?.cancel()
      const waitMs = error === undefined ? Number.POSITIVE_INFINITY : this.#steps.untilRetry(error)
      this.#next = 'deregister'
      if (this.#clock.now() + waitMs < this.#endsAtMs) this.#arm(waitMs)
      this.#onEnd?.(error)
      return
    }
    const isFirst = question === 'register'
    this.#next = error === undefined ? 'heartbeat' : 'register'
    this.#arm(error === undefined ? this.#steps.untilHeartbeat(isFirst) : this.#steps.untilRetry(error))
    // Last, since whoever is told may end the loop.
    if (error !== undefined) this.#steps.onFailure(error)
    else if (isFirst) this.#steps.onRegistered()
  }

  #arm(delayMs: number): void {
    this.#timer?.cancel()
    this.#dueAtMs = this.#clock.now() + delayMs
    this.#timer = this.#clock.schedule(this.#dueAtMs, this)
  }
}
