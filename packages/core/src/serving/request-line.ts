import type { ShadowMark } from '../config/policy-mode.ts'
import { asError } from '../errors/as-error.ts'
import type { ConcurrencyLimiter } from '../limiting/concurrency-limiter.ts'
import { createLimiter, type LimiterPorts } from '../limiting/create-limiter.ts'
import type { PermitEnd } from '../limiting/limiter.ts'
import type { ResolvedConcurrencyOptions } from '../limiting/limiter-options.ts'
import type { EventSink } from '../telemetry/events.ts'
import type { ShadowCounter } from '../telemetry/shadow-tally.ts'
import { after } from '../time/clock.ts'
import type { Headcount, RequestPlace } from './request-place.ts'

type LinePolicy = ResolvedConcurrencyOptions & ShadowMark

/** Longest wait in the line where the policy does not say. */
const DEFAULT_MAX_WAIT_MS = 1000

export interface LineParts extends LimiterPorts {
  readonly events: EventSink
  readonly tally: ShadowCounter
}

/**
 * Decides how many requests are at work in an instance, and who waits: a concurrency limiter that may be put on, changed
 * and taken off while they are.
 *
 * Whoever is at work counts in whichever limiter there is, so a limit that is put on finds the house as full as it is. Who
 * waits goes on waiting, in the new line where its kind has changed and also beyond its length, and begins at once where
 * nothing limits any more. In shadow all begin at once, and those are counted that would have found the line full: with
 * nobody waiting that is more at work than limit and line hold together.
 */
export class RequestLine implements Headcount {
  readonly #parts: LineParts
  #policy: LinePolicy | undefined = undefined
  #limiter: ConcurrencyLimiter | undefined = undefined
  /** In the order they came. */
  readonly #waiting = new Set<RequestPlace>()
  #inFlight = 0

  constructor(parts: LineParts) {
    this.#parts = parts
  }

  /** Requests at work. */
  get inFlight(): number {
    return this.#inFlight
  }

  get queued(): number {
    return this.#waiting.size
  }

  /** A request at the door: it begins, or waits at most until `deadlineMs`; false where it is refused. */
  enter(place: RequestPlace, nowMs: number, deadlineMs: number, isCounted: boolean): boolean {
    const limiter = this.#limiter
    if (limiter === undefined || limiter.tryAcquire()) {
      place.begin(nowMs)
      return true
    }
    const { isShadow, queue, maxWaitMs = DEFAULT_MAX_WAIT_MS } = this.#policy as LinePolicy
    if (isShadow) {
      if (!isCounted && limiter.inFlight >= limiter.limit + queue) this.#parts.tally.count('concurrency')
      limiter.takeAnyway()
      place.begin(nowMs)
      return true
    }
    place.limiter = limiter
    if (!limiter.join(place)) return false
    this.#waiting.add(place)
    place.timer = after(this.#parts.clock, Math.min(nowMs + maxWaitMs, deadlineMs) - nowMs, () => place.giveUp())
    return true
  }

  onEnter(): void {
    this.#inFlight += 1
  }

  onLeave(end: PermitEnd, tookMs: number, nowMs: number): void {
    this.#inFlight -= 1
    this.#limiter?.release(end, tookMs, nowMs)
  }

  onUnqueued(place: RequestPlace): void {
    this.#waiting.delete(place)
  }

  update(policy: LinePolicy | undefined): void {
    const before = this.#policy
    this.#policy = policy
    if (policy === undefined || before === undefined || kindOf(before) !== kindOf(policy)) this.#replace(policy)
    else this.#limiter?.update(policy)
    if (policy === undefined || policy.isShadow) for (const place of [...this.#waiting]) this.#beginAnyway(place)
  }

  #replace(policy: LinePolicy | undefined): void {
    const old = this.#limiter
    this.#limiter = policy && this.#create(policy)
    if (old === undefined) return
    const limiter = this.#limiter
    for (const place of limiter === undefined || policy?.isShadow ? [] : [...this.#waiting]) {
      if (place.limiter !== old || !place.isWaiting) continue
      old.leave(place)
      place.limiter = limiter
      if (limiter?.tryAcquire()) this.#guard(() => place.onPermit())
      else if (!limiter?.join(place)) this.#guard(() => place.onDropped())
    }
    if (policy !== undefined) limiter?.update(policy)
    this.#parts.loop.remove(old)
    old.close()
  }

  /** As full as the house is, and with room for all who wait. */
  #create(policy: LinePolicy): ConcurrencyLimiter {
    const queue = Math.max(policy.queue, this.#waiting.size)
    const limiter = createLimiter({ ...policy, queue }, this.#parts)
    for (let i = 0; i < this.#inFlight; i++) limiter.takeAnyway()
    return limiter
  }

  #beginAnyway(place: RequestPlace): void {
    if (!place.isWaiting) return
    place.limiter?.leave(place)
    this.#limiter?.takeAnyway()
    this.#guard(() => place.onPermit())
  }

  /** Whoever throws when it is told holds up none of the others. */
  #guard(tell: () => void): void {
    try {
      tell()
    } catch (thrown) {
      const { clock, events, service } = this.#parts
      events.emit({ type: 'listenerFailed', atMs: clock.now(), name: service, error: asError(thrown) })
    }
  }
}

/** Lines of different kinds cannot take each other's place. */
function kindOf({ adaptive, line }: LinePolicy): string {
  return `${adaptive?.algorithm} ${JSON.stringify(line)}`
}
