/** A comparison as it is read on a terminal: the verdict, a line a figure, and how to see a worse one again. */

import { factor, lengthOfTime, NO_FIGURE, percent } from '../reporting/figures.ts'
import type { ComparedLine, ComparisonData } from '../reporting/page-data.ts'
import type { Paint } from '../reporting/paint.ts'
import { type Cell, table } from '../reporting/table.ts'
import { type ComparedFigure, type Comparison, regressions } from '../running/comparing/comparison.ts'
import type { FigureKind, Tolerance } from '../running/comparing/figures.ts'
import { seedsText } from '../running/comparing/side.ts'

export interface ComparisonContext {
  readonly names: { readonly base: string; readonly head: string }
  /** The command that makes one run of the head again. */
  readonly again: (seed: number) => string
  readonly paint: Paint
  readonly isInterrupted: boolean
}

/** Edges beyond these are shown where they got better or worse only. */
const MOST_ROWS = 24

export function comparisonText(comparison: Comparison, context: ComparisonContext): string {
  const { seeds, identical } = comparison
  const { names, paint, isInterrupted, again } = context
  const { tone, verdict, seeds: seedWords, intervalTitle, lines: figures } = comparisonData(comparison, isInterrupted)
  const sign = { warn: '!', bad: '✗', good: '✓' }[tone]
  const lines = [
    ` ${paint(tone, sign)} ${paint('strong', comparison.scenario)}  ${paint(tone, verdict)}`,
    `   base ${names.base}, head ${names.head}; ${seedWords}`,
    '',
  ]
  if (identical === seeds.length) return `${lines.slice(0, -1).join('\n')}\n`
  if (identical > 0) lines.splice(2, 0, `   ${identical} of ${seeds.length} seeds are identical on both sides`)
  const columns = [
    { title: '' },
    { title: '', max: 48 },
    { title: 'base', align: 'right' },
    { title: 'head', align: 'right' },
    { title: 'difference', align: 'right' },
    { title: intervalTitle },
    { title: 'head better' },
    { title: '' },
  ] as const
  lines.push(table(columns, figures.map(cellsOf), paint, '  '), '')
  const [first] = seeds
  if (regressions(comparison).length > 0 && first !== undefined) lines.push(`  head    ${again(first)}`, '')
  return `${lines.join('\n')}\n`
}

/** What is said of a comparison, on the terminal and on the page. */
export function comparisonData(comparison: Comparison, isInterrupted: boolean): ComparisonData {
  const shown = comparison.figures.filter(
    ({ verdict, difference }, i) => i < MOST_ROWS || (verdict !== 'same' && difference !== undefined),
  )
  return {
    verdict: verdictOf(comparison),
    tone: isInterrupted ? 'warn' : regressions(comparison).length > 0 ? 'bad' : 'good',
    seeds: `${seedsText(comparison.seeds)}${isInterrupted ? ' (interrupted)' : ''}`,
    intervalTitle: intervalTitle(shown),
    lines: shown.map(lineOf),
  }
}

function verdictOf(comparison: Comparison): string {
  const { identical, seeds, figures } = comparison
  if (identical === seeds.length) return 'identical: every run is the same on both sides, fact by fact'
  const worse = regressions(comparison).length
  const better = figures.filter(({ verdict }) => verdict === 'better').length
  const improved = better === 0 ? '' : `, ${better} better`
  return worse === 0 ? `no regression${improved}` : `${worse} ${worse === 1 ? 'figure' : 'figures'} worse${improved}`
}

/** Of few seeds the interval is less sure than it should be, which its title says. */
function intervalTitle(figures: readonly ComparedFigure[]): string {
  const [least] = figures.flatMap(({ difference }) => difference?.confidence ?? []).sort((a, b) => a - b)
  const sure = least === undefined || least >= 0.99 ? 99 : Math.floor(least * 100)
  return sure === 99 ? '99% interval' : `${sure}% interval (99% from 8 seeds on)`
}

function lineOf(compared: ComparedFigure): ComparedLine {
  const { figure, kind, tolerance, base, head, difference, better, equal, verdict } = compared
  const [sign, tone] = SIGNS[verdict]
  const pairs = difference?.pairs ?? 0
  const unit = unitOf(kind)
  return {
    sign,
    tone,
    figure,
    base: unit(base),
    head: unit(head),
    difference:
      difference === undefined ? NO_FIGURE : signed(difference.median, unit) + shareOf(difference.median, base, kind),
    interval: difference === undefined ? '' : `${signed(difference.low, unit)} to ${signed(difference.high, unit)}`,
    better: pairs === 0 ? '' : `in ${better} of ${pairs}${equal === 0 ? '' : `, ${equal} equal`}`,
    verdict: verdict === 'worse' ? `worse by more than ${toleranceText(tolerance, unit)}` : verdict,
  }
}

function cellsOf({ sign, tone, figure, base, head, difference, interval, better, verdict }: ComparedLine): Cell[] {
  const toned = (text: string): Cell => ({ text, tone })
  return [toned(sign), figure, base, head, toned(difference), { text: interval, tone: 'dim' }, better, toned(verdict)]
}

const SIGNS: Readonly<Record<ComparedFigure['verdict'], readonly [string, ComparedLine['tone']]>> = {
  worse: ['✗', 'bad'],
  better: ['✓', 'good'],
  same: ['=', 'dim'],
  unsure: ['?', 'warn'],
  'nothing measured': [' ', 'dim'],
}

type Unit = (value: number | null) => string

function unitOf({ unit }: FigureKind): Unit {
  return unit === 'ratio' ? percent : unit === 'time' ? lengthOfTime : factor
}

function signed(value: number, unit: Unit): string {
  const size = unit === percent ? `${Number((Math.abs(value) * 100).toPrecision(2))}pt` : unit(Math.abs(value))
  return value === 0 ? '0' : `${value < 0 ? '-' : '+'}${Number.parseFloat(size) === 0 ? unit(0) : size}`
}

/** Of lengths of time and factors, which part of the base it is. */
function shareOf(difference: number, base: number | null, { unit }: FigureKind): string {
  if (unit === 'ratio' || base === null || base === 0 || difference === 0) return ''
  const share = (difference / base) * 100
  return ` (${share < 0 ? '-' : '+'}${Math.abs(share) < 10 ? Math.abs(share).toFixed(1) : Math.abs(share).toFixed(0)}%)`
}

function toleranceText(tolerance: Tolerance, unit: Unit): string {
  if ('share' in tolerance) return `${Number((tolerance.share * 100).toPrecision(3))}%`
  return unit === percent ? `${Number((tolerance.by * 100).toPrecision(3))}pt` : unit(tolerance.by)
}
