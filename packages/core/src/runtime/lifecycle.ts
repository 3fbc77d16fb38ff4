import { after, type Clock } from '../time/clock.ts'

/** Something that was started and is to be stopped, with a bound on how long that may take. */
export interface Stoppable {
  /** Calls `done` when stopped, and sees to it that this takes no longer than `graceMs`. */
  stop(graceMs: number, done: () => void): void
}

/** Slack beyond the grace, after which a step that does not end is left behind. */
const SLACK_MS = 1000

/**
 * Stops what was started, one after the other in reverse order, each step with a deadline. A step that throws keeps none
 * of the others from being stopped; what the first has thrown is told when all have ended.
 */
export class Lifecycle {
  readonly #clock: Clock
  readonly #started: Stoppable[] = []
  #closing: Promise<void> | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(started: Stoppable): void {
    this.#started.push(started)
  }

  close(graceMs: number, atEnd: () => void): Promise<void> {
    this.#closing ??= new Promise((resolve, reject) => {
      let failure: { readonly thrown: unknown } | undefined
      const next = (): void => {
        const step = this.#started.pop()
        if (step === undefined) {
          atEnd()
          return failure === undefined ? resolve() : reject(failure.thrown)
        }
        let isOver = false
        const go = (): void => {
          if (isOver) return
          isOver = true
          timer.cancel()
          next()
        }
        const timer = after(this.#clock, graceMs + SLACK_MS, go)
        try {
          step.stop(graceMs, go)
        } catch (thrown) {
          failure ??= { thrown }
          go()
        }
      }
      next()
    })
    return this.#closing
  }
}
