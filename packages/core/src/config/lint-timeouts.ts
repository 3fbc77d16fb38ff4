/** Times that do not fit into each other. */
import { durationText } from '../options/duration.ts'
import type { ResolvedRetryOptions } from '../retrying/retry-options.ts'
import { type LintedCall, lintedCall } from './lint-calls.ts'
import type { CallRule, DocumentRule } from './lint-rule.ts'
import type { PolicyDocument } from './policy-document.ts'
import type { KindOfCall } from './policy-selection.ts'

/** Attempts that each take as long as they may, and the shortest waits between them, do not fit into the timeout. */
export const attemptsBeyondTimeout: CallRule = (call) => {
  const { timeoutMs, retry } = call.policy
  const attemptMs = retry?.attemptTimeoutMs
  if (retry === undefined || timeoutMs === undefined || attemptMs === undefined) return []
  const { maxAttempts } = retry
  const needMs = shortest(retry, attemptMs, maxAttempts)
  if (needMs <= timeoutMs) return []
  const whole = Array.from({ length: maxAttempts }, (_, i) => i + 1).filter(
    (n) => shortest(retry, attemptMs, n) <= timeoutMs,
  )
  const fit = whole.length
  const waitsMs = needMs - maxAttempts * attemptMs
  const waits = waitsMs > 0 ? ` and waits of at least ${durationText(waitsMs)}` : ''
  const attempts = `${maxAttempts} ${maxAttempts === 1 ? 'attempt' : 'attempts'} of ${durationText(attemptMs)}`
  const fitting = Math.floor((timeoutMs - waitsMs) / maxAttempts)
  const instead = [
    `timeout ${durationText(roundedUp(needMs))}`,
    ...(fit > 0 ? [`maxAttempts ${fit}`] : []),
    ...(fitting > 0 ? [`attemptTimeout ${durationText(fitting)}`] : []),
  ]
  const problem =
    `${attempts}${waits} come to ${durationText(needMs)}, beyond timeout ${durationText(timeoutMs)}: ` +
    `${fit === 0 ? 'none' : `only ${fit}`} can take as long as it may; write ${listed(instead)}`
  return [call.finding('attempts-beyond-timeout', placeToChange(call), problem)]
}

/** Whichever of the two somebody wrote for this call. */
function placeToChange(call: LintedCall): string {
  return ['retry.attemptTimeout', 'timeout'].find((path) => call.isWritten(path)) ?? 'retry'
}

/** The least time in which so many attempts can end that each take as long as they may. */
function shortest({ backoff }: ResolvedRetryOptions, attemptMs: number, attempts: number): number {
  const { initialMs, maxMs, jitter } = backoff
  let ms = attemptMs * attempts
  for (let retry = 1; retry < attempts; retry++) {
    const grown = Math.min(maxMs, initialMs * 2 ** (retry - 1))
    ms += { none: grown, full: 0, equal: grown / 2, decorrelated: Math.min(maxMs, initialMs) }[jitter]
  }
  return ms
}

function roundedUp(ms: number): number {
  return ms > 1000 ? Math.ceil(ms / 100) * 100 : Math.ceil(ms)
}

function listed(words: readonly string[]): string {
  return words.length === 1 ? (words[0] as string) : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}

/**
 * What b gives its calls to c is never reached where everybody who calls b gives up earlier: deadlines are passed down. Said
 * only where all callers of b are known, as far as the document tells, and all of them have a timeout.
 */
export const shorterCaller: DocumentRule = (document, graph, isGiven) => {
  if (isGiven && !graph.isWhole) return []
  const patienceOf = (kinds: readonly KindOfCall[]): number =>
    Math.max(
      ...kinds.map(
        ({ from, to, method }) => document.policyFor(from, to, method)?.timeoutMs ?? Number.POSITIVE_INFINITY,
      ),
    )
  return graph.calls.flatMap((kind) => {
    const call = lintedCall(document, kind)?.call
    const timeoutMs = call?.policy.timeoutMs
    const callers = Map.groupBy(
      graph.calls.filter(({ to }) => to === kind.from),
      ({ from }) => from,
    )
    if (call === undefined || timeoutMs === undefined || callers.size === 0) return []
    const patience = [...callers].map(([from, kinds]) => ({ from, ms: patienceOf(kinds) }))
    const longest = patience.reduce((a, b) => (b.ms > a.ms ? b : a))
    if (longest.ms >= timeoutMs || (!isGiven && othersWait(document, kind.from, timeoutMs))) return []
    const who = callers.size === 1 ? `${longest.from} gives` : `all ${callers.size} that call it give`
    const problem =
      `${kind.from} gives ${kind.to} ${durationText(timeoutMs)}, but ${who} up after ${durationText(longest.ms)}, and ` +
      `deadlines are passed down: the longer one never acts; write less than ${durationText(longest.ms)}, or more for ` +
      `"${longest.from}>${kind.from}"`
    return [call.finding('shorter-caller', 'timeout', problem)]
  })
}

/** True where a target speaks of callers without a name, and lets them wait for so long. */
function othersWait(document: PolicyDocument, service: string, timeoutMs: number): boolean {
  const policy = document.policyFor('', service)
  return policy !== undefined && (policy.timeoutMs ?? Number.POSITIVE_INFINITY) >= timeoutMs
}
