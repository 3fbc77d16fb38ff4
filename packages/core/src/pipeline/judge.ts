import { type Classifier, classify, type Verdict } from '../call/classification.ts'
import type { AttemptResult } from '../call/outcome.ts'

/** Judges how an attempt ended. The default classifier is asked without making an object for it. */
export function judge(classifier: Classifier, result: AttemptResult, attempt: number): Verdict {
  if (classifier !== classify) {
    const error = result.ending === 'ok' ? undefined : (result.error ?? result)
    return classifier({ value: result.value, error, attempt })
  }
  const status = result.status
  if (result.ending === 'ok') {
    if (status !== undefined) return status === 429 ? 'ignored' : status >= 500 ? 'failure' : 'success'
    return classify({ value: result.value, attempt })
  }
  if (status !== undefined) return status >= 400 && status < 500 ? 'ignored' : 'failure'
  return result.error === undefined ? 'failure' : classify({ error: result.error, attempt })
}

/** A server that asks to come back later: retried after the wait it named, and a penalty for the balancer. */
export function isPushback(result: AttemptResult): boolean {
  return result.status === 429 || result.status === 503
}
