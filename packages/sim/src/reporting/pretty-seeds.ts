/**
 * A scenario run with many seeds: a line a seed while they run, then each threshold by its worst and its median, and how
 * to see the worst again.
 */
import type { RunDocument, ThresholdReport } from '../recording/run-document.ts'
import type { ResolvedScenario } from '../scenario/resolved-scenario.ts'
import { count, lengthOfTime, percent, roughly } from './figures.ts'
import { propertyName } from './measured.ts'
import type { Paint } from './paint.ts'
import { verdict } from './pretty.ts'
import { seedsPropertyTable } from './pretty-properties.ts'
import { measured } from './pretty-thresholds.ts'
import { type Cell, table } from './table.ts'

export interface SeedsContext {
  readonly scenario: Pick<ResolvedScenario, 'name' | 'thresholds'>
  readonly replay: (seed: number) => string
  readonly paint: Paint
}

export function seedLine(run: RunDocument, paint: Paint): string {
  const [sign, word, tone] = verdict(run)
  const said = word === 'passed' || word === 'done' || word === 'failed' ? '' : `  ${word}`
  const goodput = Object.entries(run.workload).map(([name, one]) => `${name} ${percent(one.goodput)}`)
  const failed = [
    ...run.thresholds.filter(({ ok }) => !ok).map(({ metric }) => metric),
    ...(run.properties ?? []).filter(({ ok }) => !ok).map((one) => propertyName(one)),
  ]
  const why = failed.length === 0 ? '' : `  ${paint('bad', `failed ${failed.join(', ')}`)}`
  const swarm = run.swarm === undefined ? '' : `  ${paint('dim', run.swarm.join('; '))}`
  return `  ${paint(tone, `${sign} seed ${run.seed}`)}${said}  ${paint('dim', `goodput ${goodput.join(', ')}`)}${why}${swarm}\n`
}

export function prettySeeds(runs: readonly RunDocument[], { scenario, replay, paint }: SeedsContext): string {
  const passed = runs.filter((run) => verdict(run)[0] === '✓').length
  const wallMs = runs.reduce((sum, run) => sum + run.wallMs, 0)
  const calls = runs.reduce((sum, run) => sum + run.calls, 0)
  const tone = passed === runs.length ? 'good' : 'bad'
  const title = `${paint(tone, tone === 'good' ? '✓' : '✗')} ${paint('strong', scenario.name)}`
  const speed = wallMs > 0 ? `, ${roughly((calls / wallMs) * 1000)} calls/s` : ''
  const lines = [
    ` ${title}  ${paint(tone, `${count(passed)} of ${count(runs.length)} seeds passed`)}  ${paint('dim', `${lengthOfTime(wallMs)}${speed}`)}`,
    '',
  ]
  const rows = scenario.thresholds.map((_, i) => thresholdRow(runs, i, scenario))
  if (rows.length > 0) {
    const columns = [{ title: '' }, { title: '', max: 48 }, { title: '' }, { title: '' }, { title: '' }]
    lines.push(`  ${paint('strong', 'THRESHOLDS')}`, table(columns, rows, paint, '    '), '')
  }
  const properties = seedsPropertyTable(runs, paint)
  if (properties !== '') lines.push(`  ${paint('strong', 'PROPERTIES')}`, properties, '')
  const bad = runs.find((run) => verdict(run)[0] !== '✓')
  if (bad !== undefined)
    lines.push(`  seed    ${bad.seed} is the first that did not pass`, `  replay  ${replay(bad.seed)}`)
  return `${lines.join('\n')}\n`
}

function thresholdRow(
  runs: readonly RunDocument[],
  index: number,
  scenario: Pick<ResolvedScenario, 'thresholds'>,
): Cell[] {
  const reports = runs.flatMap((run) => {
    const report = run.thresholds[index]
    return report === undefined ? [] : [{ seed: run.seed, report }]
  })
  const operator = scenario.thresholds[index]?.operator ?? '<'
  // Worst first: for `<` the greatest, for `>` the smallest; no value at all is worse than any.
  const sign = operator.startsWith('>') ? 1 : -1
  const rank = ({ value }: ThresholdReport): number => (value === null ? Number.NEGATIVE_INFINITY : sign * value)
  const sorted = [...reports].sort((a, b) => rank(a.report) - rank(b.report))
  const [worst] = sorted
  const median = sorted[Math.floor(sorted.length / 2)]
  if (worst === undefined || median === undefined) return []
  const isOk = reports.every(({ report }) => report.ok)
  const tone = isOk ? 'good' : 'bad'
  return [
    { text: isOk ? '✓' : '✗', tone },
    worst.report.metric,
    worst.report.expression,
    { text: `worst ${measured(worst.report, scenario)} (seed ${worst.seed})`, tone },
    { text: `median ${measured(median.report, scenario)}`, tone: 'dim' },
  ]
}
