import type { CallListener } from '../recording/call-listener.ts'
import { CallStats } from '../recording/call-stats.ts'
import type { EdgeStats } from '../recording/edge-stats.ts'
import type { Recorder } from '../recording/recorder.ts'
import type { ThresholdReport } from '../recording/run-document.ts'
import type { ServerStats } from '../recording/server-stats.ts'
import type { ResolvedScenario, ResolvedThreshold } from '../scenario/resolved-scenario.ts'
import { recoveryMs } from './recovery.ts'

/** Which calls a threshold is about, and until when it looks. */
export interface Watching {
  /** Calls offered from here … */
  readonly fromUs: number
  /** … up to here count. */
  readonly untilUs: number
  /** What happens later is not seen: such a call is open. */
  readonly seenUntilUs: number
  /** The deadline the threshold itself sets; `Infinity` for none. */
  readonly withinUs: number
}

/** A threshold under watch: follows its subject's calls through its own window, and is judged at the end. */
export class ThresholdWatch implements CallListener {
  readonly threshold: ResolvedThreshold
  readonly #calls: CallStats = new CallStats()
  readonly #watching: Watching

  constructor(threshold: ResolvedThreshold, watching: Watching) {
    this.threshold = threshold
    this.#watching = watching
  }

  onEnd(offeredUs: number, endedUs: number, judgeUs: number, ending: string, isUnsent: boolean): void {
    const { fromUs, untilUs, seenUntilUs, withinUs } = this.#watching
    if (offeredUs < fromUs || offeredUs >= untilUs) return
    if (endedUs >= seenUntilUs) return this.onOpen(offeredUs, seenUntilUs, judgeUs)
    const isGood = ending === 'ok' && endedUs <= Math.min(judgeUs, offeredUs + withinUs)
    this.#calls.offered += 1
    this.#calls.end(ending, isUnsent, isGood, endedUs - offeredUs)
  }

  onOpen(offeredUs: number, endUs: number, judgeUs: number): void {
    const { fromUs, untilUs, seenUntilUs, withinUs } = this.#watching
    if (offeredUs < fromUs || offeredUs >= untilUs) return
    this.#calls.offered += 1
    if (Math.min(judgeUs, offeredUs + withinUs) < Math.min(endUs, seenUntilUs)) this.#calls.overdue += 1
  }

  /** Calls offered in its window. */
  get offered(): number {
    return this.#calls.offered
  }

  report(scenario: ResolvedScenario, recorder: Recorder): ThresholdReport {
    const { metric, expression } = this.threshold
    const value = this.value(scenario, recorder)
    return { metric, expression, value, ok: value !== null && this.#holds(value) }
  }

  /** The figure that is compared; null where there is nothing to measure, which is a failure. */
  value(scenario: ResolvedScenario, recorder: Recorder): number | null {
    const { name, subject } = this.threshold
    switch (name) {
      case 'goodput':
        return this.#calls.goodput
      case 'errors':
        return share(this.#calls.failed, this.#calls)
      case 'rejected':
        return share(this.#calls.rejected, this.#calls)
      case 'latency':
        return this.#length(this.#calls.latency)
      case 'offered':
        return this.threshold.aggregate === 'rate'
          ? this.#calls.offered /
              ((Math.min(this.#watching.untilUs, scenario.durationMs * 1000) - this.#watching.fromUs) / 1e6)
          : this.#calls.offered
      case 'amplification':
        return amplification(edgesOf(subject, recorder))
      case 'queue':
        return this.#queueing(serversOf(subject, recorder))
      case 'utilization':
        return utilization(serversOf(subject, recorder), scenario)
      case 'recovery':
        return recoveryMs(scenario, subject, recorder)
    }
  }

  #length(histogram: CallStats['latency']): number | null {
    const { aggregate } = this.threshold
    const us =
      aggregate === 'avg'
        ? histogram.meanUs
        : aggregate === 'max'
          ? histogram.maxUs
          : typeof aggregate === 'object'
            ? histogram.quantile(aggregate.percentile / 100)
            : null
    return us === null ? null : us / 1000
  }

  #queueing(servers: readonly ServerStats[]): number | null {
    const all = new CallStats().latency
    for (const server of servers) all.merge(server.queueing)
    return this.#length(all)
  }

  #holds(value: number): boolean {
    const { operator, bound } = this.threshold
    switch (operator) {
      case '<':
        return value < bound
      case '<=':
        return value <= bound
      case '>':
        return value > bound
      case '>=':
        return value >= bound
      case '==':
        return value === bound
      case '!=':
        return value !== bound
    }
  }
}

/** Under which name the recorder tells of the threshold's calls; undefined where it is not about calls. */
export function subjectKey({ subject }: ResolvedThreshold): string | undefined {
  if (subject.kind === 'service') return `service:${subject.service}`
  if (subject.kind === 'workload') return `workload:${subject.workload}`
  if (subject.kind === 'edge') return `edge:${subject.from}>${subject.to}`
  return undefined
}

type Subject = ResolvedThreshold['subject']

function share(part: number, calls: CallStats): number | null {
  const ended = calls.offered - calls.inFlight
  return ended === 0 ? null : part / ended
}

function edgesOf(subject: Subject, recorder: Recorder): EdgeStats[] {
  if (subject.kind === 'edge') {
    const edge = recorder.edges.get(`${subject.from}>${subject.to}`)
    return edge === undefined ? [] : [edge]
  }
  const suffix = subject.kind === 'service' ? `>${subject.service}` : undefined
  if (suffix === undefined) return []
  return [...recorder.edges].filter(([name]) => name.endsWith(suffix)).map(([, edge]) => edge)
}

function amplification(edges: readonly EdgeStats[]): number | null {
  let attempts = 0
  let sent = 0
  for (const edge of edges) {
    attempts += edge.attempts
    sent += edge.sent
  }
  return sent === 0 ? null : attempts / sent
}

function serversOf(subject: Subject, recorder: Recorder): ServerStats[] {
  if (subject.kind === 'service') return [...recorder.service(subject.service).instances.values()]
  if (subject.kind !== 'instance') return []
  const stats = recorder.service(subject.service).instances.get(`${subject.service}#${subject.number}`)
  return stats === undefined ? [] : [stats]
}

function utilization(servers: readonly ServerStats[], scenario: ResolvedScenario): number | null {
  const busyUs = servers.reduce((sum, server) => sum + server.busyUs(scenario.durationMs * 1000), 0)
  const measuredUs = (scenario.durationMs - scenario.warmupMs) * 1000
  const workers = servers.reduce((sum, server) => sum + server.workers, 0)
  return Number.isFinite(workers) && measuredUs > 0 && workers > 0 ? busyUs / (workers * measuredUs) : null
}
