import type { Recorder } from '../recording/recorder.ts'
import type { Timeline } from '../recording/timeline.ts'
import type { ResolvedScenario, ResolvedThreshold } from '../scenario/resolved-scenario.ts'

/** Goodput is back where it stays at or above this share of its mean before the first fault … */
const RECOVERED_SHARE = 0.95
/** … for this long. */
const STEADY_MS = 10_000

/**
 * From the end of the last fault to the first step from which goodput stays recovered; null for never. A step in which
 * nothing was offered says nothing against it.
 */
export function recoveryMs(
  scenario: ResolvedScenario,
  subject: ResolvedThreshold['subject'],
  recorder: Recorder,
): number | null {
  const timeline = timelineOf(subject, recorder)
  const endMs = recorder.endUs / 1000
  // What would strike after the end, or after an interrupt, never did.
  const faults = scenario.faults.filter(({ atMs }) => atMs < endMs)
  if (timeline === undefined || faults.length === 0) return null
  const stepMs = recorder.stepUs / 1000
  const firstMs = Math.min(...faults.map((fault) => fault.atMs))
  const lastMs = Math.max(...faults.map((fault) => endedMs(fault, recorder)))
  const healthy = meanGoodput(timeline, Math.ceil(scenario.warmupMs / stepMs), Math.floor(firstMs / stepMs))
  if (healthy === null || lastMs >= endMs) return null
  const goodput = timeline.goodput().slice(0, Math.ceil(endMs / stepMs))
  const steady = Math.max(1, Math.ceil(STEADY_MS / stepMs))
  let run = 0
  for (let step = Math.floor(lastMs / stepMs); step < goodput.length; step++) {
    const value = goodput[step] ?? null
    run = value === null || value >= RECOVERED_SHARE * healthy ? run + 1 : 0
    if (run === steady) return Math.max(0, (step - steady + 1) * stepMs - lastMs)
  }
  return null
}

/** The end of the last fault in ms; undefined where there is none. */
export function lastFaultEndMs({ faults }: Pick<ResolvedScenario, 'faults'>): number | undefined {
  return faults.length === 0 ? undefined : Math.max(...faults.map((fault) => endOf(fault)))
}

/** A crash or a drain ends when the restarted process is there again; without one it is over at once. */
function endOf(fault: ResolvedScenario['faults'][number]): number {
  if ('restartAfterMs' in fault && fault.restartAfterMs === undefined) return fault.atMs
  return fault.untilMs
}

/** A deploy, and a drain, take as long as what was in flight does: when they are over is told by the run. */
function endedMs(fault: ResolvedScenario['faults'][number], { log }: Recorder): number {
  const events = log.events.filter(({ atMs }) => atMs >= fault.atMs)
  if (fault.kind === 'deploy') {
    const finished = events.find(({ type, service }) => type === 'deployFinished' && service === fault.target.service)
    return finished?.atMs ?? Number.POSITIVE_INFINITY
  }
  if (fault.kind !== 'drain' || fault.restartAfterMs === undefined) return endOf(fault)
  const leaving = events.filter(({ type, atMs }) => type === 'drainStarted' && atMs === fault.atMs)
  const backMs = leaving.map(({ endpoint }) => {
    const restarted = events.find((event) => event.type === 'instanceRestarted' && event.endpoint === endpoint)
    return restarted?.atMs ?? Number.POSITIVE_INFINITY
  })
  return Math.max(endOf(fault), ...backMs)
}

/** Good over judged in the steps from `from` up to, not including, `until`. */
export function meanGoodput(timeline: Timeline, from: number, until: number): number | null {
  let good = 0
  let judged = 0
  for (let step = from; step < until; step++) {
    good += timeline.good[step] ?? 0
    judged += timeline.judged[step] ?? 0
  }
  return judged === 0 ? null : good / judged
}

function timelineOf(subject: ResolvedThreshold['subject'], recorder: Recorder): Timeline | undefined {
  if (subject.kind === 'workload') return recorder.workloads.get(subject.workload)?.timeline
  return subject.kind === 'service' ? recorder.services.get(subject.service)?.timeline : undefined
}
