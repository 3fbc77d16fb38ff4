import { classify, statusOf, type Verdict, verdictOfError, verdictOfStatus } from '../call/classification.ts'
import type { AttemptResult } from '../call/outcome.ts'
import { asError } from '../errors/as-error.ts'
import type { Route } from './route.ts'

/**
 * Judges how an attempt ended. The default classifier is asked without making an object for it. One of a user's that
 * throws, or answers what is no verdict, is reported and the default judges in its place: whatever it does, the attempt
 * has ended, and its permit must be freed and its caller told.
 */
export function judge(route: Route, result: AttemptResult, attempt: number): Verdict {
  if (route.classifier !== classify) return askedVerdict(route, result, attempt) ?? defaultVerdict(result)
  return defaultVerdict(result)
}

function defaultVerdict(result: AttemptResult): Verdict {
  return result.ending === 'ok' ? verdictOfStatus(result.status ?? statusOf(result.value)) : verdictOfFailure(result)
}

function askedVerdict(route: Route, result: AttemptResult, attempt: number): Verdict | undefined {
  const error = result.ending === 'ok' ? undefined : (result.error ?? result)
  try {
    const verdict = route.classifier({ value: result.value, error, attempt })
    if (verdict === 'success' || verdict === 'failure' || verdict === 'ignored') return verdict
    throw new TypeError(`classify answered ${String(verdict)}; allowed: success, failure, ignored`)
  } catch (thrown) {
    const error = asError(thrown)
    route.events.emit({ type: 'listenerFailed', atMs: route.clock.now(), name: route.service, error })
    return undefined
  }
}

function verdictOfFailure({ status, error }: AttemptResult): Verdict {
  if (status !== undefined) return status >= 400 && status < 500 ? 'ignored' : 'failure'
  return error === undefined ? 'failure' : verdictOfError(error)
}

/** A server that asks to come back later: retried after the wait it named, and a penalty for the balancer. */
export function isPushback(result: AttemptResult): boolean {
  return result.status === 429 || result.status === 503
}

/** Tells those who go by single attempts. Whoever its caller called off says nothing. */
export function tellAttempt(route: Route, result: AttemptResult | undefined, verdict: Verdict, nowMs: number): void {
  if (result === undefined && verdict !== 'failure') return
  const isAskedToWait = result !== undefined && isPushback(result)
  route.throttle?.onEnd(verdict !== 'failure' && !isAskedToWait, nowMs)
  route.budget?.onAttempt?.(isAskedToWait || result?.isFinal === true ? 'failure' : verdict)
}
