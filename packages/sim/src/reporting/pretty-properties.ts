/** Properties and invariants as rows: what was asked, what came of it, and a sign. */
import type { PropertyReport, RunDocument } from '../recording/run-document.ts'
import { count } from './figures.ts'
import { propertyFigure } from './measured.ts'
import type { Paint } from './paint.ts'
import { type Cell, table } from './table.ts'

const COLUMNS = [{ title: '' }, { title: '' }, { title: '', max: 64 }, { title: '' }]

export function propertyTable(reports: readonly PropertyReport[], paint: Paint): string {
  if (reports.length === 0) return ''
  return table(
    COLUMNS,
    reports.map((report) => row(report, propertyFigure(report))),
    paint,
    '    ',
  )
}

/** Of many seeds: each by the first that broke it; of what must happen at some time in how many it did. */
export function seedsPropertyTable(runs: readonly RunDocument[], paint: Paint): string {
  const rows = (runs[0]?.properties ?? []).map((first, at) => {
    const reports = runs.flatMap(({ seed, properties }) => {
      const report = properties?.[at]
      return report === undefined ? [] : [{ seed, report }]
    })
    if (first.kind === 'sometimes') {
      const hit = reports.filter(({ report }) => (report.value ?? 0) > 0).length
      return row({ ...first, ok: hit > 0 }, `in ${count(hit)} of ${count(runs.length)} seeds`)
    }
    const broken = reports.filter(({ report }) => !report.ok)
    const [worst] = broken
    if (worst === undefined) return row(first, `held in ${count(runs.length)} seeds`)
    const more = broken.length > 1 ? ` and ${count(broken.length - 1)} more` : ''
    return row(worst.report, `${propertyFigure(worst.report)} (seed ${worst.seed}${more})`)
  })
  return rows.length === 0 ? '' : table(COLUMNS, rows, paint, '    ')
}

function row({ kind, property, ok }: PropertyReport, figure: string): readonly Cell[] {
  const tone = ok ? 'good' : 'bad'
  return [{ text: ok ? '✓' : '✗', tone }, kind, property, { text: figure, tone }]
}
