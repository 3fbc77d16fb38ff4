import { DeadlineExceededError } from '../errors/seakeep-error.ts'
import { after, type Clock } from '../time/clock.ts'
import type { Fallback } from './policy-options.ts'

/** Answers with the fallback where the call failed, unless its caller had given up. */
export async function runFallback<T>(
  call: Promise<T>,
  fallback: { readonly run: Fallback; readonly timeoutMs: number | undefined },
  clock: Clock,
  subject: { readonly service: string; readonly callId: string; readonly signal: AbortSignal | undefined },
): Promise<T> {
  try {
    return await call
  } catch (error) {
    // The caller's own signal and not the error's kind: what the function called may have been cancelled by itself.
    if (subject.signal?.aborted === true) throw error
    const answer = fallback.run({ error }) as T | PromiseLike<T>
    if (fallback.timeoutMs === undefined) return answer
    const { service, callId } = subject
    const late = (): Error => new DeadlineExceededError({ service, callId, cause: error })
    return within(answer, fallback.timeoutMs, clock, late)
  }
}

function within<T>(answer: T | PromiseLike<T>, timeoutMs: number, clock: Clock, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = after(clock, timeoutMs, () => reject(late()))
    Promise.resolve(answer)
      .then(resolve, reject)
      .finally(() => timer.cancel())
  })
}
