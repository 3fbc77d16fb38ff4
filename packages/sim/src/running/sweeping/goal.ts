/** What a sweep is after: figures to be made better, and bounds that must hold with every seed. */
import { ConfigError } from '@seakeep/core'
import { didYouMean, millisecondsOf, ratioOf } from '@seakeep/core/spi'
import { FIGURE_KINDS, type FigureKind, type Figures, kindOf } from '../comparing/figures.ts'
import { medianOf } from '../comparing/paired.ts'

export interface Bound {
  /** As written: `gateway.latency.p99<500ms`. */
  readonly text: string
  readonly figure: string
  readonly operator: '<' | '<=' | '>' | '>='
  readonly limit: number
}

/** Reads what stands behind `--subject-to`. The figure may hold an edge, `a>b`: the last sign is the bound's. */
export function parseBound(text: string): Bound {
  const [, figure = '', operator, amount = ''] = /^\s*(.+?)\s*(<=|>=|<|>)\s*([^\s<>=]+)\s*$/.exec(text) ?? []
  if (operator === undefined || !/^\d/.test(amount)) {
    throw new ConfigError('--subject-to', `${text} bounds nothing; written as 'gateway.latency.p99<500ms'`)
  }
  const limit = limitOf(amount, requireKind(figure, '--subject-to'))
  if (limit === undefined) throw new ConfigError('--subject-to', `${text}: ${amount} is no bound of ${figure}`)
  return { text, figure, operator: operator as Bound['operator'], limit }
}

function limitOf(amount: string, { unit }: FigureKind): number | undefined {
  const isNumber = /^\d+(\.\d+)?$/.test(amount)
  if (unit === 'ratio') return ratioOf(isNumber ? Number(amount) : amount)
  if (isNumber) return Number(amount)
  return unit === 'time' ? millisecondsOf(amount) : undefined
}

export function requireKind(figure: string, option: string): FigureKind {
  const kind = kindOf(figure)
  if (kind !== undefined) return kind
  const names = FIGURE_KINDS.map(({ name }) => name)
  const near = didYouMean(figure.slice(figure.indexOf('.') + 1), names)
  throw new ConfigError(option, `${figure} names no figure; it ends in one of ${names.join(', ')}${near}`)
}

/** Throws a ConfigError where `figure` is not among those a run of this scenario measures. */
export function requireMeasured(figure: string, measured: Figures, option: string): void {
  if (Object.hasOwn(measured, figure)) return
  const names = Object.keys(measured)
  throw new ConfigError(
    option,
    `no ${figure} is measured in this scenario; ${names.slice(0, 12).join(', ')}${didYouMean(figure, names)}`,
  )
}

export function holds({ figure, operator, limit }: Bound, figures: Figures): boolean {
  const value = figures[figure] ?? null
  if (value === null) return false
  if (operator === '<') return value < limit
  if (operator === '<=') return value <= limit
  return operator === '>' ? value > limit : value >= limit
}

/** The median over seeds; null where no seed has it. */
export function medianFigure(runs: readonly Figures[], figure: string): number | null {
  const values = runs.flatMap((figures) => figures[figure] ?? []).sort((a, b) => a - b)
  return values.length === 0 ? null : medianOf(values)
}

/** Is `a` better than `b`? Nothing measured is worse than anything. */
export function isBetter(a: number | null, b: number | null, { better }: FigureKind): boolean {
  if (a === null || b === null) return a !== null
  return better === 'more' ? a > b : a < b
}
