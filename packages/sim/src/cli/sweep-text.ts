/** A sweep as it is read on a terminal: a line a combination, a map where two fields are varied, and the best. */
import { factor, lengthOfTime, percent } from '../reporting/figures.ts'
import type { Paint } from '../reporting/paint.ts'
import { type Cell, table } from '../reporting/table.ts'
import { type FigureKind, kindOf } from '../running/comparing/figures.ts'
import type { Point } from '../running/sweeping/space.ts'
import { isAllowed, type Measured } from '../running/sweeping/sweep.ts'
import type { Sweep } from './sweep-options.ts'

interface Swept {
  readonly measured: readonly Measured<Point>[]
  readonly winner: Measured<Point> | undefined
  readonly onFront: readonly Measured<Point>[]
  readonly isInterrupted: boolean
}

/** Combinations that are listed; of more only the front and the best. */
const MOST_ROWS = 60

export function sweepText(sweep: Sweep, swept: Swept, paint: Paint): string {
  const { scenario, axes, points, seeds, objectives, bounds } = sweep
  const { measured, winner, onFront, isInterrupted } = swept
  const of = measured.length === points.length ? '' : ` of ${points.length}`
  const columns = [
    { title: '' },
    ...axes.map(({ path }) => ({ title: shortened(path) })),
    ...objectives.map(({ figure }) => ({ title: figure, align: 'right' as const })),
    ...bounds.map(({ text }) => ({ title: text, align: 'right' as const })),
    { title: 'within', align: 'right' as const },
    { title: 'thresholds', align: 'right' as const },
  ]
  const shown = measured.length <= MOST_ROWS ? measured : onFront
  const rows = shown.map((one): Cell[] => {
    const isBest = one === winner
    const sign = isBest ? '★' : onFront.includes(one) ? '●' : ' '
    return [
      { text: sign, tone: isBest ? 'good' : 'plain' },
      ...one.point.map(valueText),
      ...objectives.map(({ kind }, i) => figureText(one.objectives[i] ?? null, kind)),
      ...bounds.map(({ figure }, i) => figureText(one.bounded[i] ?? null, kindOf(figure))),
      { text: `${one.within} of ${one.seeds}`, tone: isAllowed(one) ? 'plain' : 'bad' },
      `${one.passed} of ${one.seeds}`,
    ]
  })
  const verdict =
    winner === undefined
      ? paint('bad', '  no combination keeps the bounds with every seed')
      : `  ${paint('good', '★')} best: ${winner.point.map(({ text }) => `--set ${text}`).join(' ')}`
  return `${[
    ` ${paint('strong', scenario.name)}  ${measured.length}${of} combinations with ${seeds} seeds each${isInterrupted ? ' (interrupted)' : ''}; medians`,
    '',
    table(columns, rows, paint, '  '),
    '',
    ...map(sweep, swept, paint),
    `  ● on the front: nothing is better in one objective without being worse in another`,
    verdict,
  ].join('\n')}\n`
}

/** The first objective over two fields. */
function map({ axes, objectives }: Sweep, { measured, winner }: Swept, paint: Paint): readonly string[] {
  const [down, across] = axes
  const [objective] = objectives
  if (axes.length !== 2 || down === undefined || across === undefined || objective === undefined) return []
  const columns = [{ title: '' }, ...across.settings.map((one) => ({ title: valueText(one), align: 'right' as const }))]
  const rows = down.settings.map((row): Cell[] => [
    valueText(row),
    ...across.settings.map((column): Cell => {
      const one = measured.find(({ point }) => point[0] === row && point[1] === column)
      if (one === undefined) return ''
      const text = figureText(one.objectives[0] ?? null, objective.kind)
      return {
        text: one === winner ? `★ ${text}` : text,
        tone: one === winner ? 'good' : isAllowed(one) ? 'plain' : 'dim',
      }
    }),
  ])
  const title = `  ${objective.figure}: ${shortened(down.path)} down, ${shortened(across.path)} across`
  return [title, table(columns, rows, paint, '    '), '']
}

export function figureText(value: number | null, kind: FigureKind | undefined): string {
  return kind?.unit === 'ratio' ? percent(value) : kind?.unit === 'time' ? lengthOfTime(value) : factor(value)
}

function valueText({ text }: { readonly text: string }): string {
  return text.slice(text.indexOf('=') + 1)
}

/** Without the words that are always there. */
function shortened(path: string): string {
  return path.replace(/^policies\.(targets|policies)\./, '')
}
