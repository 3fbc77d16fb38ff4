/**
 * Permits as objects: what authors of adapters and limiters of their own hold instead of a count. A permit is settled
 * exactly once, whatever happens: the first settling counts, every later one is told that it came late and moves
 * nothing, and a `using` block that is left without one settles it as `ignore`. A leaked permit is what wedges peers
 * until they are restarted (resilience4j#903, #935).
 *
 * The pipeline holds its permits as a flag of the attempt and never makes one of these, so they cost it nothing.
 */
import type { Clock } from '../time/clock.ts'
import type { Limiter, PermitEnd, Waiter } from './limiter.ts'

export class Permit implements Disposable {
  readonly #limiter: Limiter
  readonly #clock: Clock
  readonly #takenMs: number
  #isSettled = false

  constructor(limiter: Limiter, clock: Clock) {
    this.#limiter = limiter
    this.#clock = clock
    this.#takenMs = clock.now()
  }

  get isSettled(): boolean {
    return this.#isSettled
  }

  /** Gives the permit back. False where that was done before: then nothing happens. */
  settle(end: PermitEnd): boolean {
    if (this.#isSettled) return false
    this.#isSettled = true
    const nowMs = this.#clock.now()
    this.#limiter.release(end, nowMs - this.#takenMs, nowMs)
    return true
  }

  /** The work is done; how long it took teaches a limit that moves. */
  success(): boolean {
    return this.settle('success')
  }

  /** Overload broke the work off: a timeout, a 429 or a 503. */
  drop(): boolean {
    return this.settle('drop')
  }

  /** How the work ended says nothing about load. */
  ignore(): boolean {
    return this.settle('ignore')
  }

  [Symbol.dispose](): void {
    this.settle('ignore')
  }
}

/** Told once how waiting for a permit ended. */
export interface PermitSink {
  onPermit(permit: Permit): void
  /** The line was full, or has given this one up. */
  onRefused(): void
}

export interface PermitWish {
  /** After this instant the permit is of no use. */
  readonly deadlineMs?: number
  readonly priority?: string
}

/** A permit that is free now; undefined where there is none. */
export function tryPermit(limiter: Limiter, clock: Clock): Permit | undefined {
  return limiter.tryAcquire() ? new Permit(limiter, clock) : undefined
}

/** A permit now or when the line has served those before. The wait is ended by disposing what is returned. */
export function waitForPermit(limiter: Limiter, clock: Clock, sink: PermitSink, wish: PermitWish = {}): Disposable {
  const waiting = new PermitWaiter(limiter, clock, sink, wish)
  if (limiter.tryAcquire()) waiting.onPermit()
  else if (!limiter.join(waiting)) sink.onRefused()
  return waiting
}

class PermitWaiter implements Waiter, Disposable {
  previous: Waiter | undefined = undefined
  next: Waiter | undefined = undefined
  isWaiting = false
  joinedMs = 0
  readonly waitDeadlineMs: number
  readonly priority: string | undefined
  readonly #limiter: Limiter
  readonly #clock: Clock
  readonly #sink: PermitSink

  constructor(limiter: Limiter, clock: Clock, sink: PermitSink, wish: PermitWish) {
    this.#limiter = limiter
    this.#clock = clock
    this.#sink = sink
    this.waitDeadlineMs = wish.deadlineMs ?? Number.POSITIVE_INFINITY
    this.priority = wish.priority
  }

  /** A sink that throws has not taken the permit: it goes back before the error goes on. */
  onPermit(): void {
    const permit = new Permit(this.#limiter, this.#clock)
    try {
      this.#sink.onPermit(permit)
    } catch (thrown) {
      permit.ignore()
      throw thrown
    }
  }

  onDropped(): void {
    this.#sink.onRefused()
  }

  [Symbol.dispose](): void {
    this.#limiter.leave(this)
  }
}
