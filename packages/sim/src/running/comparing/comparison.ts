/**
 * Two sides of one scenario, seed by seed. The same seed makes the same arrivals, demands and faults on both sides, so a
 * difference is the policies' own; what is left to say is whether it would be there with other seeds, too.
 *
 * A figure is worse where its median difference is beyond the tolerance and its interval lies wholly on the worse side:
 * large enough to mind, and no accident of the seeds.
 */
import { type FigureKind, kindOf, type Tolerance } from './figures.ts'
import { medianOf, type Paired, paired } from './paired.ts'
import type { Side } from './side.ts'

export type Verdict = 'worse' | 'better' | 'same' | 'unsure' | 'nothing measured'

export interface ComparedFigure {
  readonly figure: string
  readonly kind: FigureKind
  readonly tolerance: Tolerance
  /** Medians over the seeds; null where nothing was measured. */
  readonly base: number | null
  readonly head: number | null
  /** Head less base; undefined where no seed has both. */
  readonly difference: Paired | undefined
  /** In how many seeds the head is better, and in how many neither is. */
  readonly better: number
  readonly equal: number
  readonly verdict: Verdict
}

export interface Comparison {
  readonly scenario: string
  readonly seeds: readonly number[]
  /** Seeds whose runs are the same, fact by fact. */
  readonly identical: number
  readonly figures: readonly ComparedFigure[]
}

export function compareSides(base: Side, head: Side, toleranceOf: (figure: string) => Tolerance): Comparison {
  const names = new Set([...base.runs, ...head.runs].flatMap(({ figures }) => Object.keys(figures)))
  const heads = new Map(head.runs.map((run) => [run.seed, run]))
  const both = base.runs.flatMap((run) => {
    const other = heads.get(run.seed)
    return other === undefined ? [] : [[run, other] as const]
  })
  return {
    scenario: head.scenario,
    seeds: both.map(([run]) => run.seed),
    identical: both.filter(([a, b]) => a.traceHash === b.traceHash).length,
    figures: [...names].flatMap((figure) => {
      const kind = kindOf(figure)
      if (kind === undefined) return []
      const sides = both.map(([a, b]) => [a.figures[figure] ?? null, b.figures[figure] ?? null] as const)
      return [compareFigure(figure, kind, toleranceOf(figure), sides)]
    }),
  }
}

function compareFigure(
  figure: string,
  kind: FigureKind,
  tolerance: Tolerance,
  sides: readonly (readonly [base: number | null, head: number | null])[],
): ComparedFigure {
  const differences = sides.flatMap(([base, head]) => (base === null || head === null ? [] : [head - base]))
  const sign = kind.better === 'more' ? 1 : -1
  const base = medianOrNull(sides.map(([one]) => one))
  const head = medianOrNull(sides.map(([, one]) => one))
  const difference = differences.length === 0 ? undefined : paired(differences)
  return {
    figure,
    kind,
    tolerance,
    base,
    head,
    difference,
    better: differences.filter((one) => one * sign > 0).length,
    equal: differences.filter((one) => one === 0).length,
    verdict:
      difference === undefined || base === null ? 'nothing measured' : judge(difference, sign, minded(tolerance, base)),
  }
}

function judge({ median, low, high }: Paired, sign: number, limit: number): Verdict {
  if (Math.abs(median) <= limit) return 'same'
  const isSure = low > 0 || high < 0
  if (!isSure) return 'unsure'
  return median * sign > 0 ? 'better' : 'worse'
}

/** The difference from which on it is minded, in the figure's unit. */
function minded(tolerance: Tolerance, base: number): number {
  return 'by' in tolerance ? tolerance.by : Math.abs(base) * tolerance.share
}

function medianOrNull(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null).sort((a, b) => a - b)
  return known.length === 0 ? null : medianOf(known)
}

export function regressions({ figures }: Comparison): readonly ComparedFigure[] {
  return figures.filter(({ verdict }) => verdict === 'worse')
}
