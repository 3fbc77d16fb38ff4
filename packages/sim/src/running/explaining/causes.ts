/**
 * Which fault is behind a call that was not good. What struck a request of it is known; what made it wait, or made a
 * breaker refuse it, is laid to the fault that was last at work behind the service it waited for. Each is weighed by the
 * time it cost, so that the one named first explains most of it.
 */
import type { AttemptStory, CallStory } from '../../recording/call-story.ts'
import type { RunEvent } from '../../recording/run-document.ts'
import type { ResolvedFault } from '../../scenario/resolved-scenario.ts'
import type { Reach } from './reach.ts'

export interface Cause {
  readonly fault: ResolvedFault
  /** Time it cost, in ms; of several calls at once in all. */
  readonly costMs: number
  /** False where it only stands behind what happened: a line that it made, a breaker that it opened. */
  readonly isDirect: boolean
}

export interface CauseContext {
  readonly faults: readonly ResolvedFault[]
  readonly reach: Reach
  readonly events: readonly RunEvent[]
}

/** The most costly first; empty where no fault has anything to do with it. */
export function causesOf(story: CallStory, context: CauseContext): readonly Cause[] {
  const weighing = new Weighing(context, story.endedUs)
  weighing.call(story)
  return weighing.causes()
}

/** What ends processes: whoever was there, or still comes, is reset or refused. */
const ENDS_LIVES: ReadonlySet<ResolvedFault['kind']> = new Set(['crash', 'drain', 'deploy'])

/** What a refusal without a fault of its own weighs: a call that is refused costs no time. */
const REFUSAL_MS = 1000

const DELAYING: ReadonlySet<ResolvedFault['kind']> = new Set(['slow', 'hold', 'bandwidth'] as const)

class Weighing {
  readonly #context: CauseContext
  readonly #endUs: number
  readonly #costs = new Map<ResolvedFault, { ms: number; isDirect: boolean }>()

  constructor(context: CauseContext, endUs: number) {
    this.#context = context
    this.#endUs = endUs
  }

  causes(): readonly Cause[] {
    return [...this.#costs]
      .map(([fault, { ms, isDirect }]): Cause => ({ fault, costMs: ms, isDirect }))
      .sort((a, b) => b.costMs - a.costMs)
  }

  call(story: CallStory): void {
    for (const attempt of story.attempts) this.#attempt(story, attempt)
    if (story.ending === 'circuit-open') {
      const opened = openingBefore(story, this.#context.events)
      this.#behind(story.service, opened === undefined ? story.offeredUs : opened.atMs * 1000, REFUSAL_MS)
    } else if (story.ending === 'no-endpoint') {
      const down = this.#weakRegistry(story.offeredUs)
      if (down === undefined) this.#behind(story.service, story.offeredUs, REFUSAL_MS)
      else this.#add(down, REFUSAL_MS, true)
    } else if (story.attempts.length === 0 && story.ending !== 'ok') {
      this.#behind(story.service, story.offeredUs, REFUSAL_MS)
    }
  }

  #attempt(story: CallStory, attempt: AttemptStory): void {
    const { endpoint, sentUs, arrivedUs, begunUs, answeredUs } = attempt
    const endUs = attempt.endedUs < 0 ? this.#endUs : attempt.endedUs
    const tookMs = (endUs - sentUs) / 1000
    for (const { fault: label, change } of attempt.strikes) {
      const fault = this.#labelled(label, sentUs, endUs)
      if (fault === undefined) continue
      // An error answers in the place of work: however quick, it has cost the whole attempt. So has what hangs.
      if (change.kind === 'error' || change.kind === 'hang') this.#add(fault, Math.max(tookMs, REFUSAL_MS), true)
      else this.#add(fault, Math.min(tookMs, change.kind === 'add' ? change.addMs : tookMs), true)
    }
    this.#ways(story, attempt, endUs)
    const { mishap } = attempt
    const thief = mishap?.by === undefined ? undefined : this.#labelled(mishap.by, sentUs, endUs)
    if (thief !== undefined) this.#add(thief, Math.max(tookMs, REFUSAL_MS), true)
    for (const fault of this.#context.faults) {
      if (!this.#context.reach.isInstance(fault, endpoint)) continue
      const overlapMs = (Math.min(endUs, fault.untilMs * 1000) - Math.max(sentUs, fault.atMs * 1000)) / 1000
      if (fault.kind === 'pause' && overlapMs > 0) this.#add(fault, overlapMs, true)
      const isLost = attempt.ending === 'unreachable' || (attempt.ending === 'error' && begunUs !== answeredUs)
      if (ENDS_LIVES.has(fault.kind) && isLost && overlapMs >= 0 && attempt.strikes.length === 0) {
        this.#add(fault, Math.max(tookMs, REFUSAL_MS), true)
      }
    }
    if (arrivedUs >= 0) {
      const waitedMs =
        ((begunUs < 0 ? Math.min(endUs, answeredUs < 0 ? endUs : answeredUs) : begunUs) - arrivedUs) / 1000
      const isRefused = attempt.answer === 'refused'
      if (waitedMs > 0 || isRefused) {
        this.#behind(story.service, arrivedUs, isRefused ? Math.max(waitedMs, REFUSAL_MS) : waitedMs)
      }
    }
    for (const call of attempt.calls) this.call(call)
  }

  /** Packets that were slow, kept back or in line; of those that were lost the attempt itself tells. */
  #ways(story: CallStory, attempt: AttemptStory, endUs: number): void {
    const { caller } = story
    const { reach } = this.#context
    const there = (attempt.arrivedUs < 0 ? endUs : attempt.arrivedUs) - attempt.sentUs
    const back = attempt.answeredUs < 0 ? 0 : endUs - attempt.answeredUs
    for (const fault of this.#context.faults) {
      if (!('target' in fault) || !DELAYING.has(fault.kind)) continue
      const { target } = fault
      const isAt = (us: number): boolean => fault.atMs * 1000 <= us && us <= fault.untilMs * 1000
      if (reach.isWay(target, caller, attempt.endpoint) && isAt(attempt.sentUs)) this.#add(fault, there / 1000, true)
      const isBack = reach.isWay(target, attempt.endpoint, caller)
      if (isBack && attempt.answeredUs >= 0 && isAt(attempt.answeredUs)) this.#add(fault, back / 1000, true)
    }
  }

  /** Lays `ms` to the fault behind `service` that was at work last at `us`. */
  #behind(service: string, us: number, ms: number): void {
    const { faults, reach } = this.#context
    const begun = faults.filter((fault) => fault.atMs * 1000 <= us && reach.isBehind(fault, service))
    // One that is over counts for as long again, which is how long a line it has left may stand.
    const still = begun.filter((fault) => us / 1000 <= fault.untilMs + Math.max(10_000, fault.untilMs - fault.atMs))
    const latest = still.sort((a, b) => b.untilMs - a.untilMs)[0]
    if (latest !== undefined) this.#add(latest, ms / 2, false)
  }

  #labelled(label: string, fromUs: number, untilUs: number): ResolvedFault | undefined {
    return this.#context.faults.find(
      (fault) => fault.label === label && fault.atMs * 1000 <= untilUs && fromUs <= fault.untilMs * 1000,
    )
  }

  #weakRegistry(us: number): ResolvedFault | undefined {
    return this.#context.faults.find(
      ({ kind, atMs, untilMs }) => kind.startsWith('registry') && atMs * 1000 <= us && us <= untilMs * 1000,
    )
  }

  #add(fault: ResolvedFault, ms: number, isDirect: boolean): void {
    const known = this.#costs.get(fault)
    if (known === undefined) this.#costs.set(fault, { ms, isDirect })
    else {
      known.ms += ms
      known.isDirect ||= isDirect
    }
  }
}

/** What opened the circuit that refused a call, as far as the run has kept it. */
export function openingBefore(story: CallStory, events: readonly RunEvent[]): RunEvent | undefined {
  return events.findLast(
    ({ atMs, type, caller, service, isShadow }) =>
      type === 'circuitOpened' &&
      isShadow !== true &&
      caller === story.caller &&
      service === story.service &&
      atMs * 1000 <= story.endedUs,
  )
}
