import type { CancelReason } from '../call/call.ts'
import type { Verdict } from '../call/classification.ts'
import type { AttemptResult, Ending } from '../call/outcome.ts'
import type { RejectionReason } from '../errors/seakeep-error.ts'
import type { Hedging } from '../retrying/hedging.ts'
import type { Timer } from '../time/clock.ts'
import type { OwnedAttempt } from './attempt-owner.ts'
import type { EndpointRow } from './endpoint-row.ts'
import { GovernedCall } from './governed-call.ts'
import { isPushback } from './judge.ts'
import { LaterAttempt } from './later-attempt.ts'

/**
 * A call of which a second copy is sent, to another endpoint, when the first takes long. The first good answer ends it
 * and the other copies are called off; a failure counts only when no other copy is under way. Copies take from the retry
 * budget, too; a copy never waits for a permit, and a server that asks to come back later gets none.
 */
export class HedgedCall extends GovernedCall {
  readonly #live: OwnedAttempt[] = []
  #copies = 0
  /** When the next copy is sent. */
  #copyTimer: Timer | undefined = undefined
  /** While the others are called off: whoever hears of that cannot take the answer away. */
  #isWon = false

  get #hedging(): Hedging {
    return this.route.hedging as Hedging
  }

  override get mayWait(): boolean {
    return this.#live.length === 1
  }

  protected override get tries(): number {
    return this.attempts - this.#copies
  }

  override cancel(reason?: CancelReason): void {
    if (!this.#isWon) super.cancel(reason)
  }

  override onTimer(timer: Timer): void {
    if (timer !== this.#copyTimer) return super.onTimer(timer)
    this.#copyTimer = undefined
    this.#sendCopy(this.route.clock.now())
  }

  // ---- told by the attempts ----

  override onSend(row: EndpointRow | undefined, nowMs: number): void {
    super.onSend(row, nowMs)
    if (this.#live.length > 1) this.#copies += 1
    if (!this.isRepeatable || this.#live.length >= this.#hedging.maxAttempts) return
    const delayMs = this.#hedging.delayMs(nowMs)
    if (delayMs === undefined || nowMs + delayMs >= this.deadlineMs) return
    this.#copyTimer?.cancel()
    this.#copyTimer = this.route.clock.schedule(nowMs + delayMs, this)
  }

  override onCommit(attempt: OwnedAttempt, answer: unknown): number {
    this.#won(attempt)
    return super.onCommit(attempt, answer)
  }

  override onDeadline(attempt: OwnedAttempt): void {
    this.#leave(attempt)
    const now = this.route.clock.now()
    this.#hedging.onLatency(now - attempt.sentMs, now)
    for (const other of this.#live.splice(0)) other.expire(now)
    super.onDeadline(attempt)
  }

  override onAttemptEnd(
    attempt: OwnedAttempt,
    ending: Ending,
    result: AttemptResult | undefined,
    verdict: Verdict,
  ): void {
    if (this.isDone) return
    const pushback = result !== undefined && isPushback(result)
    const isGood = verdict !== 'failure' && !pushback
    if (isGood && !attempt.isCommitted) this.#won(attempt)
    else {
      this.#leave(attempt)
      if (result === undefined) this.#tookSoLong(attempt)
      if (pushback) this.#stopCopies()
      if (this.#live.length > 0) return
      this.#stopCopies()
    }
    super.onAttemptEnd(attempt, ending, result, verdict)
  }

  override onRefusal(attempt: OwnedAttempt, reason: RejectionReason, retryAfterMs: number | undefined): void {
    this.#leave(attempt)
    if (this.#live.length === 0) super.onRefusal(attempt, reason, retryAfterMs)
  }

  // ---- steps ----

  protected override launch(attempt: OwnedAttempt, now: number): void {
    if (attempt === this) this.#hedging.onCall()
    this.#live.push(attempt)
    super.launch(attempt, now)
  }

  protected override cancelAttempts(): void {
    for (const attempt of this.#live.splice(0)) attempt.giveUp()
    super.cancelAttempts()
  }

  protected override finish(ending: Ending): void {
    this.#stopCopies()
    super.finish(ending)
  }

  #sendCopy(now: number): void {
    const { route } = this
    if (route.placement.isClosing || !this.#hedging.withdraw()) return
    if (route.budget !== undefined && !this.withdraw(route.budget, now)) return
    if (!this.isDone) this.launch(new LaterAttempt(this, this.attempts + 1), now)
  }

  /** The others are called off before anybody is told. */
  #won(attempt: OwnedAttempt): void {
    this.#leave(attempt)
    this.#stopCopies()
    const now = this.#tookSoLong(attempt)
    this.#isWon = true
    for (const other of this.#live.splice(0)) {
      if (other.isUnderWay) this.#hedging.onLatency(now - other.sentMs, now)
      other.lose(now)
    }
    this.#isWon = false
    if (attempt.isCommitted) this.#live.push(attempt)
  }

  #tookSoLong(attempt: OwnedAttempt): number {
    const now = this.route.clock.now()
    this.#hedging.onLatency(now - attempt.sentMs, now)
    return now
  }

  #leave(attempt: OwnedAttempt): void {
    const place = this.#live.indexOf(attempt)
    if (place >= 0) this.#live.splice(place, 1)
  }

  #stopCopies(): void {
    this.#copyTimer?.cancel()
    this.#copyTimer = undefined
  }
}
