/**
 * Several runs of one scenario side by side, a row each, printed as they end: the columns are as wide as their titles
 * need, so that the first row can stand before the last is known. Every figure is out of a run document.
 */
import type { RunDocument } from '../recording/run-document.ts'
import type { ResolvedScenario } from '../scenario/resolved-scenario.ts'
import { clock, factor, lengthOfTime, percent, recovery, sparkline } from './figures.ts'
import type { Paint, Tone } from './paint.ts'

export interface ComparedBy {
  /** The workload whose figures are shown, by its id. */
  readonly workload: string
  /** Where amplification is counted. */
  readonly edge: string
}

const LABEL_WIDTH = 16
const COLUMNS = ['goodput', 'p99', 'amplification', 'recovery'] as const
const WIDTHS = { goodput: 9, p99: 9, amplification: 15, recovery: 10 }
const LINE_WIDTH = 72

export function comparisonHead(paint: Paint): string {
  const titles = COLUMNS.map((title) => title.padStart(WIDTHS[title]))
  return `  ${paint('dim', ''.padEnd(LABEL_WIDTH) + titles.join(''))}\n`
}

export function comparisonRow(label: string, run: RunDocument, by: ComparedBy, paint: Paint): string {
  const measured = run.workload[by.workload]
  const recovered = run.thresholds.find(({ metric }) => metric === `${by.workload}.recovery`)
  const figures = {
    goodput: percent(measured?.goodput),
    p99: lengthOfTime(measured?.latencyMs.p99),
    amplification: factor(run.edges[by.edge]?.amplification),
    recovery: recovered === undefined || run.interrupted === true ? '' : recovery(recovered.value),
  }
  const tones: Readonly<Record<(typeof COLUMNS)[number], Tone>> = {
    goodput: toneOf(measured?.goodput),
    p99: 'plain',
    amplification: 'plain',
    recovery: recovered?.value === null ? 'bad' : 'plain',
  }
  const cells = COLUMNS.map((column) => paint(tones[column], figures[column].padStart(WIDTHS[column])))
  return `  ${paint('strong', label.padEnd(LABEL_WIDTH))}${cells.join('')}\n`
}

function toneOf(goodput: number | null | undefined): Tone {
  return goodput === null || goodput === undefined ? 'dim' : goodput >= 0.95 ? 'good' : goodput >= 0.8 ? 'warn' : 'bad'
}

/** Goodput over time as a line a run, with the faults under it. */
export function comparedTimelines(
  runs: readonly (readonly [label: string, run: RunDocument])[],
  scenario: ResolvedScenario,
  by: ComparedBy,
  paint: Paint,
): string {
  const steps = Math.max(1, ...runs.map(([, { timeline }]) => timeline.series[`${by.workload}.goodput`]?.length ?? 0))
  const width = Math.min(steps, LINE_WIDTH)
  const lines = runs.map(([label, { timeline }]) => {
    const bars = sparkline(timeline.series[`${by.workload}.goodput`] ?? [], width)
    return `  ${label.padEnd(LABEL_WIDTH)}${bars}`
  })
  const at = (ms: number): number => Math.min(width, Math.floor((ms / scenario.durationMs) * width))
  const marks: string[] = Array.from({ length: width }, () => ' ')
  scenario.faults.forEach(({ atMs, untilMs }, i) => {
    for (let cell = at(atMs); cell < Math.min(width, at(Math.min(untilMs, scenario.durationMs))); cell++)
      marks[cell] = '━'
    if (at(atMs) < width) marks[at(atMs)] = String(i + 1)
  })
  const legend = scenario.faults.map(({ atMs, untilMs, label }, i) => {
    const until = untilMs < scenario.durationMs ? ` until ${clock(untilMs)}` : ''
    return `${i + 1} ${label}, ${clock(atMs)}${until}`
  })
  return [
    `  ${paint('dim', `goodput over ${clock(scenario.durationMs)}`)}`,
    ...lines,
    `  ${paint('warn', ''.padEnd(LABEL_WIDTH) + marks.join('').trimEnd())}`,
    `  ${paint('dim', ''.padEnd(LABEL_WIDTH) + legend.join(' · '))}`,
    '',
  ].join('\n')
}
