/** A call as rows of a waterfall: each call and each attempt with its phases, and what was decided in words. */
import { lengthOfTime } from '../../src/reporting/figures.ts'
import type { CallDetail, CallSpanDetail, FaultDetail } from './detail.ts'

type AttemptSpan = CallSpanDetail['attempts'][number]
type Decided = NonNullable<CallSpanDetail['decided']>[number]

export type Phase = 'network' | 'line' | 'work' | 'wait' | 'nobody'

export interface Bar {
  readonly phase: Phase
  readonly from: number
  readonly until: number
}

export interface Row {
  readonly depth: number
  readonly kind: 'call' | 'attempt'
  readonly label: string
  readonly ending: string
  readonly isOk: boolean
  readonly from: number
  readonly until: number
  readonly bars: readonly Bar[]
  /** What was decided here, and what was seen. */
  readonly said: string
  /** What the caller's pipeline decided before it: of a call, after the last of its attempts. */
  readonly decided: readonly Decided[]
}

/** `endMs`: the end of the run after the call was offered, for what was open then. */
export function rowsOf(detail: CallDetail, faults: readonly FaultDetail[], endMs: number): Row[] {
  const rows: Row[] = []
  addCall(rows, detail.call, 0, { faults, endMs, zeroMs: detail.atMs })
  return rows
}

interface Around {
  readonly faults: readonly FaultDetail[]
  readonly endMs: number
  /** When in the run instants count from. */
  readonly zeroMs: number
}

function addCall(rows: Row[], call: CallSpanDetail, depth: number, around: Around): void {
  const until = call.until ?? around.endMs
  const waits: Bar[] = []
  let at = call.from
  for (const { from, until: end } of call.attempts) {
    if (from > at) waits.push({ phase: 'wait', from: at, until: from })
    at = Math.max(at, end ?? around.endMs)
  }
  if (until > at) waits.push({ phase: 'wait', from: at, until })
  rows.push({
    depth,
    kind: 'call',
    label: `${depth === 0 ? `${call.by} ` : ''}→ ${call.service}${call.method === undefined ? '' : ` ${call.method}`}`,
    ending: call.ending,
    isOk: call.ending === 'ok',
    from: call.from,
    until,
    bars: waits,
    said: sayingOfCall(call),
    decided: (call.decided ?? []).filter(({ after }) => after >= call.attempts.length),
  })
  call.attempts.forEach((attempt, i) => {
    const decided = (call.decided ?? []).filter(({ after }) => after === i)
    addAttempt(rows, attempt, call.attempts[i - 1], decided, depth + 1, around)
  })
}

const STOPS: Readonly<Record<string, string>> = {
  'retry-budget': 'not tried again: the retry budget was empty',
  deadline: 'not tried again: the deadline left no time',
  attempts: 'not tried again: these were all its attempts',
}
const REFUSALS: Readonly<Record<string, string>> = {
  'circuit-open': 'refused before sending: the circuit breaker was open',
  'rate-limited': 'refused before sending: the rate limit was reached',
  concurrency: 'refused before sending: the concurrency limit was reached',
  'no-endpoint': 'refused: no endpoint was to be had',
  shed: 'refused: load was shed',
  timeout: 'never sent: no time was left for it',
}

function sayingOfCall({ ending, stopped, attempts, from, until }: CallSpanDetail): string {
  if (until === null) return 'still open when the run ended'
  const tried = attempts.length > 1 ? [`${attempts.length} attempts`] : []
  const refused =
    ending !== 'ok' && attempts.length === 0 ? [REFUSALS[ending] ?? `refused before sending: ${ending}`] : []
  const stop = stopped === undefined ? [] : [STOPS[stopped] ?? stopped]
  return [`${ending === 'ok' ? 'ok' : ending} after ${lengthOfTime(until - from)}`, ...tried, ...refused, ...stop].join(
    '; ',
  )
}

function addAttempt(
  rows: Row[],
  attempt: AttemptSpan,
  before: AttemptSpan | undefined,
  decided: readonly Decided[],
  depth: number,
  around: Around,
): void {
  const until = attempt.until ?? around.endMs
  rows.push({
    depth,
    kind: 'attempt',
    label: `${attempt.number > 1 ? `attempt ${attempt.number}: ` : ''}${attempt.to}`,
    ending: attempt.ending,
    isOk: attempt.ending === 'ok',
    from: attempt.from,
    until,
    bars: barsOf(attempt, until, around.endMs),
    said: sayingOfAttempt(attempt, before, until, around),
    decided,
  })
  for (const call of attempt.calls ?? []) addCall(rows, call, depth + 1, around)
}

function barsOf({ from, arrived, begun, left }: AttemptSpan, until: number, endMs: number): Bar[] {
  const bars: Bar[] = []
  const add = (phase: Phase, start: number, end: number): void => {
    // What goes on after the caller has turned away is work for nobody.
    if (Math.min(end, until) > start) bars.push({ phase, from: start, until: Math.min(end, until) })
    if (end > Math.max(start, until) && phase !== 'network')
      bars.push({ phase: 'nobody', from: Math.max(start, until), until: end })
  }
  if (arrived === undefined) {
    add('network', from, until)
    return bars
  }
  add('network', from, arrived)
  const gone = left ?? endMs
  if (begun === undefined) add('line', arrived, gone)
  else {
    add('line', arrived, begun)
    add('work', begun, gone)
  }
  if (until > gone) add('network', gone, until)
  return bars
}

function sayingOfAttempt(attempt: AttemptSpan, before: AttemptSpan | undefined, until: number, around: Around): string {
  const { from, arrived, begun, left, ending } = attempt
  const said: string[] = []
  if (before !== undefined) {
    const pause = before.until === null ? undefined : from - before.until
    if (pause === undefined || pause < 0) said.push('sent beside the one before (hedged)')
    else said.push(pause > 0.001 ? `tried again after waiting ${lengthOfTime(pause)}` : 'tried again at once')
  }
  if (ending !== 'ok') said.push(`${ending} after ${lengthOfTime(until - from)}`)
  if (arrived === undefined) said.push('never arrived')
  else if (begun === undefined) {
    const waited = (left ?? around.endMs) - arrived
    said.push(waited > 0.05 ? `${lengthOfTime(waited)} in line, never begun` : 'turned away at the door')
  } else {
    if (begun - arrived > 0.05) said.push(`${lengthOfTime(begun - arrived)} in line`)
    if (begun >= until) said.push('begun when nobody waited for it any more')
    else if (left !== undefined && left > until)
      said.push(`worked on for ${lengthOfTime(left - until)} after its caller had given up`)
  }
  const known = attempt.faults ?? []
  const struck = known.map((label) => `struck by the fault ${label}`)
  const about = around.faults
    .filter((fault) => !known.includes(fault.label) && strikes(fault, attempt, around.zeroMs, until))
    .map(({ label }) => `during the fault ${label}`)
  return [...said, ...struck, ...about].join('; ')
}

/** Was there a fault on its way or at its instance while it lasted? */
function strikes(
  { atMs, untilMs, services, instance, edge }: FaultDetail,
  { to, from }: AttemptSpan,
  zeroMs: number,
  until: number,
): boolean {
  if (zeroMs + until < atMs || (untilMs !== null && zeroMs + from > untilMs)) return false
  if (instance !== undefined) return instance === to
  return (edge !== undefined || services.length > 0) && services.includes(to.split('#')[0] ?? '')
}
