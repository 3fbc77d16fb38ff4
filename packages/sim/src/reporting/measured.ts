/** The figure of a threshold with the unit its metric has, from the report alone: its scenario need not be at hand. */
import type { ThresholdReport } from '../recording/run-document.ts'
import { count, factor, lengthOfTime, NO_FIGURE, percent, rate, recovery } from './figures.ts'

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
