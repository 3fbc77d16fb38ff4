/** The figure of a threshold with the unit its metric has, from the report alone: its scenario need not be at hand. */
import type { PropertyReport, RunDocument, ThresholdReport } from '../recording/run-document.ts'
import { count, factor, instant, lengthOfTime, NO_FIGURE, percent, rate, recovery } from './figures.ts'

const SHARES = ['goodput', 'errors', 'rejected', 'utilization']
const LENGTHS = ['latency', 'queue']

export function measuredFigure({ metric, expression, value }: ThresholdReport): string {
  const name = metric.slice(metric.lastIndexOf('.') + 1)
  if (name === 'recovery') return recovery(value)
  if (value === null) return `${NO_FIGURE} (nothing measured)`
  if (SHARES.includes(name)) return percent(value)
  if (LENGTHS.includes(name)) return lengthOfTime(value)
  if (name === 'amplification') return factor(value)
  return expression.startsWith('rate') ? `${rate(value)}/s` : count(value)
}

/** A property, or a threshold, with what came of it: reporters tell both alike. */
export interface Asked {
  /** `gateway.goodput ratio>=0.99`, `always gateway.goodput ratio>=0.9`, `invariant noCallToDead 30s` */
  readonly text: string
  readonly figure: string
  readonly ok: boolean
  /** The whole sentence for one that does not hold. */
  readonly problem: string
}

export function askedOf({ thresholds, properties = [] }: Pick<RunDocument, 'thresholds' | 'properties'>): Asked[] {
  return [
    ...thresholds.map((threshold): Asked => {
      const { metric, expression, ok } = threshold
      const figure = measuredFigure(threshold)
      const problem = `${metric} is ${figure}, asked was ${expression}`
      return { text: `${metric} ${expression}`, figure, ok, problem }
    }),
    ...properties.map((property): Asked => {
      const text = propertyName(property)
      const figure = propertyFigure(property)
      return { text, figure, ok: property.ok, problem: `${text}: ${figure}` }
    }),
  ]
}

export function propertyName({ kind, property }: Pick<PropertyReport, 'kind' | 'property'>): string {
  return `${kind} ${property}`
}

/** What came of a property, with when and who. */
export function propertyFigure(report: PropertyReport): string {
  const { kind, ok, value, atMs, subject, call, why } = report
  const at = atMs === undefined ? '' : ` at ${instant(atMs)}`
  switch (kind) {
    case 'always':
      if (ok) return 'held'
      return value === null ? `broken${at}, ${why}` : `${measuredFigure(asThreshold(report))}${at}, ${why}`
    case 'eventually':
      return value === null ? 'never' : `after ${lengthOfTime(value)}`
    case 'sometimes':
      return value === 0 ? 'never' : `${count(value)} times, first${at}`
    case 'invariant': {
      if (ok) return 'held'
      const times = value === 1 ? '' : `, ${count(value)} times in all`
      return `${subject}${call === undefined ? '' : ` (${call})`}${at}: ${why}${times}`
    }
  }
}

function asThreshold({ property, value, ok }: PropertyReport): ThresholdReport {
  const [metric = '', ...expression] = property.split(/\s+/)
  return { metric, expression: expression.join(' '), value, ok }
}
