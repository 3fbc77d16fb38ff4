/**
 * What the thresholds of a scenario are about. `gateway.goodput` is split at its last dot, since names may hold dots. A
 * subject is looked for among the services, the edges, the workloads and the instances, in this order.
 */
import { didYouMean, durationText, objectOf, type Place, printed, rootPlace } from '@seakeep/core/spi'
import { METRICS, parseThreshold, type SubjectKind } from '../../checkers/threshold-expression.ts'
import type { CallGraph } from '../call-graph.ts'
import type {
  MetricName,
  ResolvedFault,
  ResolvedService,
  ResolvedThreshold,
  ResolvedWorkload,
} from '../resolved-scenario.ts'
import { listed } from '../said.ts'
import { checkEdge, resolveInstance, splitAt } from './fault-target.ts'

interface Known {
  readonly services: readonly ResolvedService[]
  readonly workloads: readonly ResolvedWorkload[]
  readonly faults: readonly ResolvedFault[]
  readonly graph: CallGraph
  readonly durationMs: number
  warn(warning: string): void
}
type Subject = ResolvedThreshold['subject']

const EXPECTED = "an object, as { 'gateway.goodput': ['ratio>=0.99'] }"

export function resolveThresholds(input: unknown, at: Place, known: Known): readonly ResolvedThreshold[] {
  if (input === undefined) return []
  const object = objectOf(input)
  if (object === undefined) throw at.error(`${printed(input)} is not allowed; ${EXPECTED}`)
  return Object.entries(object).flatMap(([metric, conditions]) => {
    const place = at.at(metric)
    const [subject, name] = resolveMetric(metric, place, known)
    return listOfTexts(conditions, place).map(([expression, at]) => {
      const condition = parseThreshold(expression, name, at)
      checkCondition(name, condition, at, known)
      if (name === 'recovery') warnOfEndless(metric, known)
      warnOfDeadline(metric, subject, condition.withinMs, known)
      return { metric, expression, subject, name, ...condition }
    })
  })
}

/** Subject and metric of a name such as `orders>payments.amplification`. Throws where one is not known. */
export function resolveMetric(
  metric: string,
  at: Place = rootPlace(metric),
  known: Pick<Known, 'services' | 'workloads' | 'graph'>,
): readonly [Subject, MetricName] {
  const dot = metric.lastIndexOf('.')
  const name = metric.slice(dot + 1)
  const names = Object.keys(METRICS)
  if (dot < 0) {
    throw at.error(`${printed(metric)} names no metric; written as gateway.goodput, with one of ${names.join(', ')}`)
  }
  if (!Object.hasOwn(METRICS, name)) {
    throw at.error(`${printed(name)} is no metric; one of ${names.join(', ')}${didYouMean(name, names)}`)
  }
  const text = metric.slice(0, dot)
  const subject = resolveSubject(text, at, known)
  const measured = METRICS[name as MetricName].of
  if (!measured.includes(subject.kind)) {
    throw at.error(`${name} is not measured of ${article(subject.kind)}; it is of ${measured.map(article).join(', ')}`)
  }
  return [subject, name as MetricName]
}

function resolveSubject(text: string, at: Place, known: Pick<Known, 'services' | 'workloads' | 'graph'>): Subject {
  if (known.graph.isService(text)) return { kind: 'service', service: text }
  if (text.includes('>')) {
    const [from, to] = splitAt(text, '>')
    checkEdge(text, from, to, at, known.graph, 'one way')
    return { kind: 'edge', from, to }
  }
  // `gateway#2` may be both; the instance is what the notation was made for.
  const service = known.services.find(({ name }) => name === splitAt(text, '#')[0])
  const isWorkload = known.workloads.some(({ id }) => id === text)
  if (isWorkload && !(text.includes('#') && Number(splitAt(text, '#')[1]) <= (service?.replicas ?? 0))) {
    return { kind: 'workload', workload: text }
  }
  if (text.includes('#')) return { kind: 'instance', ...resolveInstance(text, at, known.services) }
  const subjects = [...known.services.map(({ name }) => name), ...known.workloads.map(({ id }) => id)]
  const expected = `a service, an edge as a>b, a workload or an instance as orders#3: ${listed([...new Set(subjects)])}`
  throw at.error(`${printed(text)} is not in the scenario; ${expected}${didYouMean(text, subjects)}`)
}

function listOfTexts(conditions: unknown, at: Place): readonly (readonly [string, Place])[] {
  if (typeof conditions === 'string') return [[conditions, at]]
  const expected = "a list of conditions, as ['ratio>=0.99']"
  if (!Array.isArray(conditions)) throw at.error(`${printed(conditions)} is not allowed; ${expected}`)
  if (conditions.length === 0) throw at.error(`holds no condition; ${expected}`)
  return conditions.map((condition: unknown, i) => {
    if (typeof condition === 'string') return [condition, at.at(i)] as const
    throw at.at(i).error(`${printed(condition)} is not allowed; a text, as 'ratio>=0.99'`)
  })
}

function checkCondition(
  name: MetricName,
  condition: Pick<ResolvedThreshold, 'fromMs'>,
  at: Place,
  { faults, durationMs }: Known,
): void {
  if (condition.fromMs !== undefined && condition.fromMs >= durationMs) {
    throw at.error(`from ${durationText(condition.fromMs)} is not within the run of ${durationText(durationMs)}`)
  }
  if (name === 'recovery' && !faults.some(({ atMs }) => atMs < durationMs)) {
    throw at.error('recovery is counted from the end of the last fault, and there is no fault during the run')
  }
}

/** Recovery begins when the last fault is over. */
function warnOfEndless(metric: string, { faults, durationMs, warn }: Known): void {
  const endless = faults.find(({ kind, untilMs }) => kind !== 'crash' && untilMs >= durationMs)
  if (endless !== undefined) warn(`thresholds.${metric}: never, since ${endless.label} lasts to the end of the run`)
}

/** A workload's own deadline goes before the threshold's, which then judges nothing. */
function warnOfDeadline(metric: string, subject: Subject, withinMs: number | undefined, known: Known): void {
  if (withinMs === undefined) return
  const target = subject.kind === 'service' ? subject.service : subject.kind === 'edge' ? subject.to : undefined
  const judged = known.workloads.find(({ id, to, deadlineMs }) => {
    const isIts =
      (subject.kind === 'workload' && subject.workload === id) || to.some(({ service }) => service === target)
    return isIts && deadlineMs !== undefined && deadlineMs !== withinMs
  })
  if (judged?.deadlineMs === undefined) return
  const [own, asked] = [durationText(judged.deadlineMs), durationText(withinMs)]
  known.warn(`thresholds.${metric}: judged by the deadline of workload ${judged.id}, ${own}, and not within ${asked}`)
}

function article(kind: SubjectKind): string {
  return kind === 'edge' || kind === 'instance' ? `an ${kind}` : `a ${kind}`
}
