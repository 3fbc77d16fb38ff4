/**
 * One call of a user with everything that was done for it, as it happens: a tree of calls and their attempts. Kept only
 * where a run is recorded in detail; most are let go when the call has ended.
 */
import type { AttemptDetail, CallSpanDetail } from './run-detail.ts'

const OPEN = -1

export class CallSpan {
  readonly service: string
  readonly method: string | undefined
  readonly by: string
  readonly attempts: AttemptSpan[] = []
  readonly #fromUs: number
  #untilUs = OPEN
  #ending = 'open'
  #stopped: string | undefined = undefined

  constructor(service: string, method: string | undefined, by: string, fromUs: number) {
    this.service = service
    this.method = method
    this.by = by
    this.#fromUs = fromUs
  }

  send(number: number, to: string, nowUs: number): AttemptSpan {
    const attempt = new AttemptSpan(number, to, nowUs)
    this.attempts.push(attempt)
    return attempt
  }

  end(nowUs: number, ending: string, stopped?: string): void {
    this.#untilUs = nowUs
    this.#ending = ending
    this.#stopped = stopped
  }

  get tookUs(): number {
    return this.#untilUs - this.#fromUs
  }

  /** With instants relative to `zeroUs`; `room` is how many calls and attempts may still be written. */
  detail(zeroUs: number, room: Room): CallSpanDetail {
    const attempts = this.attempts.flatMap((attempt) => {
      const detail = attempt.detail(zeroUs, room)
      return detail === undefined ? [] : [detail]
    })
    return {
      service: this.service,
      ...(this.method === undefined ? {} : { method: this.method }),
      by: this.by,
      from: relative(this.#fromUs, zeroUs),
      until: this.#untilUs === OPEN ? null : relative(this.#untilUs, zeroUs),
      ending: this.#ending,
      ...(this.#stopped === undefined ? {} : { stopped: this.#stopped }),
      attempts,
    }
  }
}

export class AttemptSpan {
  readonly number: number
  readonly to: string
  readonly calls: CallSpan[] = []
  arrivedUs: number = OPEN
  begunUs: number = OPEN
  leftUs: number = OPEN
  readonly #fromUs: number
  #untilUs = OPEN
  #ending = 'open'

  constructor(number: number, to: string, fromUs: number) {
    this.number = number
    this.to = to
    this.#fromUs = fromUs
  }

  end(nowUs: number, ending: string): void {
    this.#untilUs = nowUs
    this.#ending = ending
  }

  detail(zeroUs: number, room: Room): AttemptDetail | undefined {
    if (!room.take()) return undefined
    const calls = this.calls.flatMap((call) => (room.take() ? [call.detail(zeroUs, room)] : []))
    return {
      number: this.number,
      to: this.to,
      from: relative(this.#fromUs, zeroUs),
      until: this.#untilUs === OPEN ? null : relative(this.#untilUs, zeroUs),
      ending: this.#ending,
      ...(this.arrivedUs === OPEN ? {} : { arrived: relative(this.arrivedUs, zeroUs) }),
      ...(this.begunUs === OPEN ? {} : { begun: relative(this.begunUs, zeroUs) }),
      ...(this.leftUs === OPEN ? {} : { left: relative(this.leftUs, zeroUs) }),
      ...(calls.length === 0 ? {} : { calls }),
    }
  }
}

/** How much of a tree is written. */
export class Room {
  left: number
  refused = 0

  constructor(left: number) {
    this.left = left
  }

  take(): boolean {
    if (this.left <= 0) {
      this.refused += 1
      return false
    }
    this.left -= 1
    return true
  }
}

function relative(us: number, zeroUs: number): number {
  return (us - zeroUs) / 1000
}
