/** Thresholds as rows: what was asked, what was measured, and a sign. */
import { METRICS } from '../checkers/threshold-expression.ts'
import type { ThresholdReport } from '../recording/run-document.ts'
import type { MetricName, ResolvedScenario } from '../scenario/resolved-scenario.ts'
import { count, factor, lengthOfTime, NO_FIGURE, percent, rate, recovery } from './figures.ts'
import type { Paint } from './paint.ts'
import { table } from './table.ts'

export function thresholdTable(reports: readonly ThresholdReport[], scenario: ResolvedScenario, paint: Paint): string {
  if (reports.length === 0) return ''
  const rows = reports.map((report) => {
    const tone = report.ok ? 'good' : 'bad'
    const { metric, expression } = report
    return [
      { text: report.ok ? '✓' : '✗', tone },
      metric,
      expression,
      { text: measured(report, scenario), tone },
    ] as const
  })
  return table([{ title: '' }, { title: '', max: 48 }, { title: '' }, { title: '' }], rows, paint, '    ')
}

/** The figure of a threshold with its unit. */
export function measured(
  report: Pick<ThresholdReport, 'metric' | 'expression' | 'value'>,
  scenario: Pick<ResolvedScenario, 'thresholds'>,
): string {
  const { metric, expression, value } = report
  const threshold = scenario.thresholds.find((one) => one.metric === metric && one.expression === expression)
  const name: MetricName = threshold?.name ?? 'offered'
  if (name === 'recovery') return recovery(value)
  if (value === null) return `${NO_FIGURE} (nothing measured)`
  switch (METRICS[name].unit) {
    case 'ratio':
      return percent(value)
    case 'time':
      return lengthOfTime(value)
    case 'number':
      return name === 'amplification'
        ? factor(value)
        : threshold?.aggregate === 'rate'
          ? `${rate(value)}/s`
          : count(value)
  }
}
