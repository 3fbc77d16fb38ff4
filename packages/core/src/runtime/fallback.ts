import { DeadlineExceededError } from '../errors/seakeep-error.ts'
import { after, type Clock } from '../time/clock.ts'
import type { Fallback } from './policy-options.ts'

/** One link of a chain of fallbacks. */
export interface FallbackStep {
  readonly run: Fallback
  readonly timeoutMs: number | undefined
}

/** Asks one fallback after the other, each with what made the one before it fail, until one answers. */
export async function fallBack(
  error: unknown,
  steps: readonly FallbackStep[],
  clock: Clock,
  subject: { readonly service: string; readonly callId: string },
): Promise<unknown> {
  let failure = error
  for (const { run, timeoutMs } of steps) {
    try {
      const answer = run({ error: failure })
      if (timeoutMs === undefined) return await answer
      const cause = failure
      return await within(answer, timeoutMs, clock, () => new DeadlineExceededError({ ...subject, cause }))
    } catch (thrown) {
      failure = thrown
    }
  }
  throw failure
}

function within<T>(answer: T | PromiseLike<T>, timeoutMs: number, clock: Clock, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = after(clock, timeoutMs, () => reject(late()))
    Promise.resolve(answer)
      .then(resolve, reject)
      .finally(() => timer.cancel())
  })
}
