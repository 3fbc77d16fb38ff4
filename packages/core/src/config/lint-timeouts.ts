/** Times that do not fit into each other. */
import { durationText } from '../options/duration.ts'
import type { ResolvedRetryOptions } from '../retrying/retry-options.ts'
import { type LintedCall, lintedCall } from './lint-calls.ts'
import type { Finding } from './lint-finding.ts'
import type { CallGraph } from './lint-graph.ts'
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
 * only where all callers of b are known, as far as the document tells, all of them have a timeout, and the line that says
 * the longer one says it of no other call.
 */
export const shorterCaller: DocumentRule = (document, graph, isGiven) => {
  if (isGiven && !graph.isWhole) return []
  const useful = new Set<string>()
  const found: Finding[] = []
  for (const kind of graph.calls) {
    const call = lintedCall(document, kind)?.call
    const timeoutMs = call?.policy.timeoutMs
    if (call === undefined || timeoutMs === undefined) continue
    const problem = problemOf(document, graph, isGiven, kind, timeoutMs)
    if (problem === undefined) useful.add(placeKey(call))
    else found.push(call.finding('shorter-caller', 'timeout', problem))
  }
  // Without a topology a target of a service, or of whoever calls it, governs calls that nobody has listed.
  const listed = new Set(graph.calls.map(({ from, to }) => `${from}>${to}`))
  if (!isGiven) {
    for (const { key } of document.written.selection.targets) {
      const kind = { from: key.caller.example, to: key.service.example, method: key.method?.example }
      const call = lintedCall(document, kind)?.call
      if (call !== undefined && !listed.has(`${kind.from}>${kind.to}`)) useful.add(placeKey(call))
    }
  }
  return found.filter(({ place }) => !useful.has(`${place.position} ${place.path}`))
}

function placeKey(call: LintedCall): string {
  const { position, path } = call.placeOf('timeout')
  return `${position} ${path}`
}

/** Undefined where the timeout may act. */
function problemOf(
  document: PolicyDocument,
  { calls }: CallGraph,
  isGiven: boolean,
  { from: caller, to }: KindOfCall,
  timeoutMs: number,
): string | undefined {
  const callers = Map.groupBy(
    calls.filter((call) => call.to === caller),
    ({ from }) => from,
  )
  if (callers.size === 0) return undefined
  const patienceOf = ({ from, to, method }: KindOfCall): number =>
    document.policyFor(from, to, method)?.timeoutMs ?? Number.POSITIVE_INFINITY
  const patience = [...callers].map(([from, kinds]) => ({ from, ms: Math.max(...kinds.map(patienceOf)) }))
  const longest = patience.reduce((a, b) => (b.ms > a.ms ? b : a))
  if (longest.ms >= timeoutMs || (!isGiven && othersWait(document, caller, timeoutMs))) return undefined
  const who = callers.size === 1 ? `${longest.from} gives` : `all ${callers.size} that call it give`
  const ms = durationText(longest.ms)
  return (
    `${caller} gives ${to} ${durationText(timeoutMs)}, but ${who} up after ${ms}, and deadlines are passed down: the longer ` +
    `one never acts; write less than ${ms}, or more for "${longest.from}>${caller}"`
  )
}

/** True where a target speaks of callers without a name, and lets them wait for so long. */
function othersWait(document: PolicyDocument, service: string, timeoutMs: number): boolean {
  const policy = document.policyFor('', service)
  return policy !== undefined && (policy.timeoutMs ?? Number.POSITIVE_INFINITY) >= timeoutMs
}
