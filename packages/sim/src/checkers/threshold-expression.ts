/**
 * The grammar of thresholds: `<aggregate><op><number><unit> [within d] [from t] [until t]`, what each metric may be
 * asked, and of whom. A threshold that can only be a slip (a ratio of 50, a percentile of a count, a misspelt word) is
 * an error: one that passes because nothing is measured would be worse than none.
 */
import { didYouMean, durationText, millisecondsOf, type Place, printed, ratioOf } from '@seakeep/core/spi'
import type { MetricName, ResolvedThreshold } from '../scenario/resolved-scenario.ts'

export type SubjectKind = ResolvedThreshold['subject']['kind']
type Aggregate = ResolvedThreshold['aggregate']
type Operator = ResolvedThreshold['operator']

interface Metric {
  /** `p` stands for `p(n)`. */
  readonly aggregates: readonly string[]
  readonly unit: 'ratio' | 'time' | 'number'
  /** Of whom it is measured. */
  readonly of: readonly SubjectKind[]
  /** Judged by a deadline, which `within` may name. */
  readonly hasDeadline?: true
  /** Counted over the whole run, so that `from` and `until` do not go with it. */
  readonly isWhole?: true
}

const CALLS = ['service', 'edge', 'workload'] as const
const SERVERS = ['service', 'instance'] as const
const LENGTHS = ['p', 'avg', 'max'] as const

/** Every metric there is. */
export const METRICS: Readonly<Record<MetricName, Metric>> = {
  goodput: { aggregates: ['ratio'], unit: 'ratio', of: CALLS, hasDeadline: true },
  errors: { aggregates: ['ratio'], unit: 'ratio', of: CALLS },
  rejected: { aggregates: ['ratio'], unit: 'ratio', of: CALLS },
  utilization: { aggregates: ['ratio'], unit: 'ratio', of: SERVERS, isWhole: true },
  latency: { aggregates: LENGTHS, unit: 'time', of: CALLS },
  queue: { aggregates: LENGTHS, unit: 'time', of: SERVERS, isWhole: true },
  amplification: { aggregates: ['value'], unit: 'number', of: ['service', 'edge'], isWhole: true },
  offered: { aggregates: ['count', 'rate'], unit: 'number', of: CALLS },
  recovery: { aggregates: ['time'], unit: 'time', of: ['service', 'workload'], hasDeadline: true, isWhole: true },
}

export type ThresholdCondition = Pick<
  ResolvedThreshold,
  'aggregate' | 'operator' | 'bound' | 'withinMs' | 'fromMs' | 'untilMs'
>

const EXPRESSION = /^\s*([a-z]+)\s*(\([^)]*\))?\s*([<>=!]+)\s*(\S+)((?:\s+\S+)*)\s*$/i
const SHAPE = "written as 'ratio>=0.99', 'p(99)<800ms', 'time<30s', then 'within 1s', 'from 1m' or 'until 2m'"

/** The condition that `expression` sets for `name`. */
export function parseThreshold(expression: string, name: MetricName, at: Place): ThresholdCondition {
  const parts = EXPRESSION.exec(expression)
  if (parts === null) throw at.error(`${printed(expression)} is no threshold; ${SHAPE}`)
  const [, word = '', inBrackets, sign = '', amount = '', rest = ''] = parts
  const metric = METRICS[name]
  return {
    aggregate: parseAggregate(word, inBrackets, name, metric, at),
    operator: parseOperator(sign, at),
    bound: parseBound(amount, name, metric, at),
    ...parseScope(rest, name, metric, at),
  }
}

function parseAggregate(
  word: string,
  inBrackets: string | undefined,
  name: MetricName,
  metric: Metric,
  at: Place,
): Aggregate {
  const allowed = metric.aggregates.map((one) => (one === 'p' ? 'p(n)' : one))
  if (!metric.aggregates.includes(word)) {
    const near = word === 'p' || word === 'mean' ? '' : didYouMean(word, metric.aggregates)
    throw at.error(`${printed(word)} is no aggregate of ${name}; ${oneOf(allowed)}${near}`)
  }
  if (word !== 'p') {
    if (inBrackets !== undefined) throw at.error(`${word} takes nothing in brackets; only p(n) does`)
    return word as Aggregate
  }
  const percentile = inBrackets === undefined ? Number.NaN : Number(inBrackets.slice(1, -1).trim() || Number.NaN)
  if (!(percentile > 0 && percentile <= 100)) {
    const given = inBrackets === undefined ? 'p' : `p${inBrackets}`
    throw at.error(`${printed(given)} is no percentile; p(n) with n above 0, at most 100, as p(99) or p(99.9)`)
  }
  return { percentile }
}

function parseOperator(sign: string, at: Place): Operator {
  const operators: readonly string[] = ['<', '<=', '>', '>=', '==', '!=']
  if (operators.includes(sign)) return sign as Operator
  const meant: Readonly<Record<string, string>> = {
    '=': '==',
    '===': '==',
    '=<': '<=',
    '=>': '>=',
    '<>': '!=',
    '!==': '!=',
  }
  const near = meant[sign] === undefined ? '' : `; did you mean ${meant[sign]}?`
  throw at.error(`${printed(sign)} compares nothing; ${oneOf(operators)}${near}`)
}

function parseBound(amount: string, name: MetricName, metric: Metric, at: Place): number {
  const isNumber = /^\d+(\.\d+)?(e[+-]?\d+)?$/i.test(amount)
  if (metric.unit === 'time') {
    const ms = isNumber ? Number(amount) : millisecondsOf(amount)
    if (ms === undefined) throw at.error(`${printed(amount)} is no length of time; ${name} is bounded by 250ms, 2s, 5m`)
    return ms
  }
  if (metric.unit === 'ratio') {
    const ratio = isNumber ? ratioOf(Number(amount)) : ratioOf(amount)
    if (ratio !== undefined) return ratio
    const percent = isNumber && Number(amount) <= 100 ? `; did you mean ${Number(amount) / 100} or ${amount}%?` : ''
    throw at.error(`${printed(amount)} is no ratio; ${name} is bounded by a ratio from 0 to 1 (0.5 or 50%)${percent}`)
  }
  // A rate may say what it is a rate of.
  const plain = amount.replace(/\/s$/, '')
  if (!/^\d+(\.\d+)?(e[+-]?\d+)?$/i.test(plain))
    throw at.error(`${printed(amount)} is no number; ${name} is bounded by one`)
  return Number(plain)
}

type Scope = Pick<ResolvedThreshold, 'withinMs' | 'fromMs' | 'untilMs'>

function parseScope(rest: string, name: MetricName, metric: Metric, at: Place): Scope {
  const words = rest.trim() === '' ? [] : rest.trim().split(/\s+/)
  const found = new Map<string, number>()
  for (let i = 0; i < words.length; i += 2) {
    const [word = '', length] = [words[i], words[i + 1]]
    const known = ['within', 'from', 'until']
    if (!known.includes(word))
      throw at.error(`${printed(word)} is not known here; ${oneOf(known)}${didYouMean(word, known)}`)
    if (found.has(word)) throw at.error(`${word} is there twice`)
    const ms = millisecondsOf(length)
    if (ms === undefined) throw at.error(`${word} needs a length of time after it, as ${word} 30s`)
    found.set(word, ms)
  }
  const scope = { withinMs: found.get('within'), fromMs: found.get('from'), untilMs: found.get('until') }
  if (scope.withinMs !== undefined && metric.hasDeadline !== true) {
    throw at.error(`within sets the deadline that goodput is judged by; ${name} has none`)
  }
  if (metric.isWhole === true && (scope.fromMs !== undefined || scope.untilMs !== undefined)) {
    throw at.error(`${name} is counted over the whole run; from and until do not go with it`)
  }
  if (scope.fromMs !== undefined && scope.untilMs !== undefined && scope.untilMs <= scope.fromMs) {
    throw at.error(`until ${durationText(scope.untilMs)} is not after from ${durationText(scope.fromMs)}`)
  }
  return scope
}

function oneOf(words: readonly string[]): string {
  return words.length === 1 ? `${words[0]}` : `one of ${words.join(', ')}`
}
