import { ConfigError, type Duration } from '@seakeep/core'
import { didYouMean, parseDuration } from '@seakeep/core/spi'
import { meanGoodput } from '../checkers/recovery.ts'
import type { Recorder } from '../recording/recorder.ts'
import type { Conservation, LatencyReport, RunDocument } from '../recording/run-document.ts'
import type { Timeline } from '../recording/timeline.ts'

export interface MetricWindow {
  /** Default: the start. */
  readonly from?: Duration
  /** Default: the end. */
  readonly until?: Duration
}

const METRICS = ['goodput', 'offered', 'errors', 'rejected', 'amplification', 'utilization', 'latency']
const WINDOW = ['from', 'until']
const LATENCIES = ['mean', 'p50', 'p90', 'p95', 'p99', 'p999', 'max']

/** A figure of a finished run by name. @throws ConfigError for an unknown subject or metric, with a "did you mean". */
export function metricOf(
  document: RunDocument,
  recorder: Recorder,
  name: string,
  window?: MetricWindow,
): number | null {
  const [subject, metric, figure] = split(name)
  const unknown = Object.keys(window ?? {}).find((key) => !WINDOW.includes(key))
  if (unknown !== undefined) {
    throw new ConfigError(unknown, `unknown key; allowed: ${WINDOW.join(', ')}${didYouMean(unknown, WINDOW)}`)
  }
  if (window !== undefined && (window.from !== undefined || window.until !== undefined)) {
    return inWindow(timelineOf(recorder, subject), recorder.stepUs / 1000, metric, window)
  }
  const edge = document.edges[subject]
  const service = document.services[subject]
  // Of an edge the document has no such figures, and the books behind it do.
  const calls = document.workload[subject] ?? service ?? recorder.edges.get(subject)?.calls.report()
  if (edge === undefined && calls === undefined) throw unknownSubject(document, subject)
  switch (metric) {
    case 'goodput':
      return calls?.goodput ?? null
    case 'offered':
      return calls?.offered ?? edge?.calls ?? null
    case 'errors':
      return share(calls, calls?.failed)
    case 'rejected':
      return share(calls, calls?.rejected)
    case 'amplification':
      return edge === undefined ? amplificationOf(subject, recorder) : edge.amplification
    case 'utilization':
      if (service !== undefined) return service.server.utilization
      throw new ConfigError(name, `utilization is not measured of ${subject}; it is of a service`)
    default: {
      const latency = edge?.latencyMs ?? document.workload[subject]?.latencyMs ?? service?.latencyMs
      return latency?.[figure as keyof LatencyReport] ?? null
    }
  }
}

/** Of a service: over all who call it, as a threshold has it. */
function amplificationOf(service: string, recorder: Recorder): number | null {
  const edges = [...recorder.edges].filter(([name]) => name.endsWith(`>${service}`)).map(([, edge]) => edge)
  const sent = edges.reduce((sum, edge) => sum + edge.sent, 0)
  return sent === 0 ? null : edges.reduce((sum, edge) => sum + edge.attempts, 0) / sent
}

/** Over the calls that have ended, as a threshold has it. */
function share(calls: Conservation | undefined, part = 0): number | null {
  const ended = calls === undefined ? 0 : calls.offered - calls.inFlight
  return ended === 0 ? null : part / ended
}

function split(name: string): [subject: string, metric: string, figure: string] {
  const parts = name.split('.')
  const last = parts.pop() ?? ''
  if (LATENCIES.includes(last) && parts.at(-1) === 'latency') return [parts.slice(0, -1).join('.'), 'latency', last]
  if (last === 'latency') return [parts.join('.'), 'latency', 'mean']
  if (METRICS.includes(last)) return [parts.join('.'), last, '']
  const allowed = `one of ${METRICS.join(', ')}${didYouMean(last, METRICS)}`
  throw new ConfigError(name, `${JSON.stringify(last)} is no metric; ${allowed}`)
}

function inWindow(timeline: Timeline, stepMs: number, metric: string, window: MetricWindow): number | null {
  const from = Math.floor(parseDuration(window.from ?? 0, 'from') / stepMs)
  const end = timeline.offered.length
  const until = window.until === undefined ? end : Math.ceil(parseDuration(window.until, 'until') / stepMs)
  if (metric === 'goodput') return meanGoodput(timeline, from, Math.min(end, until))
  if (metric === 'offered') return timeline.offered.slice(from, until).reduce((sum, one) => sum + one, 0)
  throw new ConfigError(metric, 'only goodput and offered can be asked for in a window')
}

function timelineOf(recorder: Recorder, subject: string): Timeline {
  const timeline = recorder.workloads.get(subject)?.timeline ?? recorder.services.get(subject)?.timeline
  if (timeline !== undefined) return timeline
  const known = [...recorder.workloads.keys(), ...recorder.services.keys()]
  throw new ConfigError(subject, `no workload or service of this name was simulated${didYouMean(subject, known)}`)
}

function unknownSubject(document: RunDocument, subject: string): ConfigError {
  const known = [...Object.keys(document.workload), ...Object.keys(document.services), ...Object.keys(document.edges)]
  return new ConfigError(subject, `nothing of this name was simulated${didYouMean(subject, known)}`)
}
