/** What the properties of a scenario are about: conditions on steps of the timeline, events, and code. */
import {
  duration,
  durationText,
  func,
  listOf,
  millisecondsOf,
  objectOf,
  optional,
  type Place,
  printed,
  record,
  text,
} from '@seakeep/core/spi'
import { METRICS, parseThreshold } from '../../checkers/threshold-expression.ts'
import { RUN_EVENTS } from '../../recording/event-names.ts'
import type { RunEvent } from '../../recording/run-document.ts'
import type { CallGraph } from '../call-graph.ts'
import type { StepView } from '../properties-data.ts'
import type {
  MetricName,
  ResolvedProperty,
  ResolvedService,
  ResolvedWorkload,
  StepCondition,
} from '../resolved-scenario.ts'
import { unknownWord } from '../said.ts'
import { resolveMetric } from './resolve-thresholds.ts'

interface Known {
  readonly services: readonly ResolvedService[]
  readonly workloads: readonly ResolvedWorkload[]
  readonly graph: CallGraph
  readonly durationMs: number
}
type Kind = ResolvedProperty['kind']

const PROPERTIES = record({ always: listOf(anything()), eventually: listOf(anything()), sometimes: listOf(anything()) })
const instant = duration()
const STEP = record({ name: text(), holds: func<(step: StepView) => boolean>() })
const LATER = record({
  name: text(),
  holds: func<(step: StepView) => boolean>(),
  within: optional(instant),
  after: anything(),
})
const EVENT = record({ name: text(), holds: func<(event: RunEvent) => boolean>() })

export function resolveProperties(input: unknown, at: Place, known: Known): readonly ResolvedProperty[] {
  if (input === undefined) return []
  const { always, eventually, sometimes } = PROPERTIES.resolve(input, at)
  const each = (kind: Kind, all: readonly unknown[]): ResolvedProperty[] =>
    all.map((one, i) => resolveOne(kind, one, at.at(kind).at(i), known))
  return [...each('always', always), ...each('eventually', eventually), ...each('sometimes', sometimes)]
}

function resolveOne(kind: Kind, input: unknown, at: Place, known: Known): ResolvedProperty {
  if (typeof input === 'string') {
    const words = input.trim()
    if (kind === 'sometimes' && !/^\S*\.\S+(\s|$)/.test(words)) return eventProperty(words, at, known)
    return kind === 'eventually' ? laterProperty(words, at, known) : stepProperty(kind, words, at, known)
  }
  if (objectOf(input) === undefined) {
    throw at.error(`${printed(input)} is not allowed; ${expected(kind)}, or in code { name, holds }`)
  }
  if (kind === 'sometimes') {
    const { name, holds } = EVENT.resolve(input, at)
    return { kind, text: name, onEvent: holds }
  }
  if (kind === 'always') {
    const { name, holds } = STEP.resolve(input, at)
    return { kind, text: name, holds, fromMs: 0, untilMs: Number.POSITIVE_INFINITY }
  }
  const { name, holds, withinMs = Number.POSITIVE_INFINITY, after } = LATER.resolve(input, at)
  return { kind, text: name, holds, withinMs, afterMs: afterOf(after, at.at('after')) }
}

/** `<metric> <condition> [from t] [until t]` */
function stepProperty(kind: 'always' | 'sometimes', text: string, at: Place, known: Known): ResolvedProperty {
  const { condition, fromMs = 0, untilMs = Number.POSITIVE_INFINITY } = conditionOf(kind, text, text, at, known)
  if (fromMs >= known.durationMs) {
    throw at.error(`from ${durationText(fromMs)} is not within the run of ${durationText(known.durationMs)}`)
  }
  const asked = { text, condition, fromMs, untilMs }
  return kind === 'always' ? { kind, ...asked } : { kind, ...asked }
}

/** `<metric> <condition> [within d] [after t]` */
function laterProperty(text: string, at: Place, known: Known): ResolvedProperty {
  let [withinMs, after]: [number, unknown] = [Number.POSITIVE_INFINITY, undefined]
  const rest = text.replace(/\s+(within|after)\s+(\S+)/g, (_, word: string, what: string) => {
    if (word === 'after') after = what
    else {
      const ms = millisecondsOf(what)
      if (ms === undefined) throw at.error(`within needs a length of time after it, as within 30s`)
      withinMs = ms
    }
    return ''
  })
  const { condition, fromMs, untilMs } = conditionOf('eventually', text, rest, at, known)
  if (fromMs !== undefined || untilMs !== undefined) {
    throw at.error('from and until do not go with what holds at last; after 1m and within 20s say when')
  }
  return { kind: 'eventually', text, condition, withinMs, afterMs: afterOf(after, at) }
}

function afterOf(after: unknown, at: Place): number | undefined {
  if (after === undefined || after === 'faults') return undefined
  const ms = millisecondsOf(after as string)
  if (ms === undefined) throw at.error(`${printed(after)} is no instant to come after; after faults, or after 1m`)
  return ms
}

interface Conditioned {
  readonly condition: StepCondition
  readonly fromMs: number | undefined
  readonly untilMs: number | undefined
}

function conditionOf(kind: Kind, whole: string, text: string, at: Place, known: Known): Conditioned {
  const [, metric = '', expression = ''] = /^(\S+)\s+(.+)$/.exec(text) ?? []
  if (metric === '') throw at.error(`${printed(whole)} is no property; ${expected(kind)}`)
  const [subject, name] = resolveMetric(metric, at, known)
  if (METRICS[name].isWhole === true) {
    const stepwise = (Object.keys(METRICS) as MetricName[]).filter((one) => METRICS[one].isWhole !== true)
    throw at.error(`${name} is counted over the whole run, as thresholds have it; by steps are ${stepwise.join(', ')}`)
  }
  const { withinMs, fromMs, untilMs, ...rest } = parseThreshold(expression, name, at)
  if (withinMs !== undefined)
    throw at.error('within goes with eventually; goodput is judged by the workload’s deadline')
  return { condition: { metric, expression, subject, name, ...rest }, fromMs, untilMs }
}

/** `<event> [service]` */
function eventProperty(text: string, at: Place, { services }: Known): ResolvedProperty {
  const [event = '', service, ...more] = text.split(/\s+/)
  if (!RUN_EVENTS.includes(event)) throw unknownWord(at, `${printed(event)} is no event of a run`, event, RUN_EVENTS)
  if (more.length > 0) throw at.error(`${printed(text)} is no property; ${expected('sometimes')}`)
  const names = services.map(({ name }) => name)
  if (service !== undefined && !names.includes(service)) {
    throw unknownWord(at, `${printed(service)} is not in the topology`, service, names)
  }
  return {
    kind: 'sometimes',
    text,
    onEvent: (one) => one.type === event && (service === undefined || serviceOf(one) === service),
  }
}

/** Its service, or that of its endpoint `orders#3`. */
function serviceOf({ service, endpoint }: RunEvent): unknown {
  return service ?? (typeof endpoint === 'string' ? endpoint.slice(0, endpoint.lastIndexOf('#')) : undefined)
}

function expected(kind: Kind): string {
  if (kind === 'sometimes')
    return "an event, as 'circuitOpened payments', or a condition, as 'gateway.goodput ratio<0.5'"
  const more = kind === 'always' ? 'from 10s' : 'within 20s after faults'
  return `written as 'gateway.goodput ratio>=0.9 ${more}'`
}

function anything() {
  return optional({
    suffix: '' as const,
    isRequired: false,
    expected: 'anything',
    resolve: (input: unknown) => input,
    normalize: (input: unknown) => input,
    schema: () => ({}),
  })
}
