import { DeadlineExceededError, isCancelledError } from '../errors/seakeep-error.ts'
import { after, type Clock } from '../time/clock.ts'
import type { Fallback } from './policy-options.ts'

/** Answers with the fallback where the call failed, unless its caller had given up. */
export async function runFallback<T>(
  call: Promise<T>,
  fallback: { readonly run: Fallback; readonly timeoutMs: number | undefined },
  clock: Clock,
): Promise<T> {
  try {
    return await call
  } catch (error) {
    if (isCancelledError(error)) throw error
    const answer = fallback.run({ error }) as T | PromiseLike<T>
    return fallback.timeoutMs === undefined ? answer : within(answer, fallback.timeoutMs, clock, error)
  }
}

function within<T>(answer: T | PromiseLike<T>, timeoutMs: number, clock: Clock, cause: unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = after(clock, timeoutMs, () => reject(new DeadlineExceededError({ cause })))
    Promise.resolve(answer)
      .then(resolve, reject)
      .finally(() => timer.cancel())
  })
}
