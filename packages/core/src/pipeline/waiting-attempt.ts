import type { Waiter } from '../limiting/limiter.ts'

/** An attempt as those it tells see it while it waits for its permit. */
export interface AttemptInLine {
  readonly waitDeadlineMs: number
  readonly priority: string | undefined
  onPermit(): void
  onDropped(): void
}

/** The place of an attempt in the line for a permit: most attempts never have one. */
export class WaitingAttempt implements Waiter {
  previous: Waiter | undefined = undefined
  next: Waiter | undefined = undefined
  isWaiting = false
  joinedMs = 0
  readonly waitDeadlineMs: number
  readonly priority: string | undefined
  readonly #attempt: AttemptInLine

  constructor(attempt: AttemptInLine) {
    this.#attempt = attempt
    this.waitDeadlineMs = attempt.waitDeadlineMs
    this.priority = attempt.priority
  }

  onPermit(): void {
    this.#attempt.onPermit()
  }

  onDropped(): void {
    this.#attempt.onDropped()
  }
}
