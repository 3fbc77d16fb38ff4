/**
 * Points of a space, each measured with the same seeds, so that what tells two of them apart is what they set. Which are
 * worth looking at: the best by the first objective among those whose bounds hold, and the front, that is all points that
 * no other beats in one objective without losing in another.
 */
import type { RunDocument } from '../../recording/run-document.ts'
import { type FigureKind, type Figures, figuresOf } from '../comparing/figures.ts'
import { type Bound, holds, isBetter, medianFigure } from './goal.ts'

export interface Objective {
  readonly figure: string
  readonly kind: FigureKind
}

export interface Measured<P> {
  readonly point: P
  readonly seeds: number
  /** Medians, in the order of the objectives. */
  readonly objectives: readonly (number | null)[]
  /** Medians, in the order of the bounds. */
  readonly bounded: readonly (number | null)[]
  /** In how many seeds every bound holds, and in how many the scenario's own thresholds do. */
  readonly within: number
  readonly passed: number
}

export function measuredPoint<P>(
  point: P,
  runs: readonly RunDocument[],
  objectives: readonly Objective[],
  bounds: readonly Bound[],
): Measured<P> {
  const figures: readonly Figures[] = runs.map(figuresOf)
  return {
    point,
    seeds: runs.length,
    objectives: objectives.map(({ figure }) => medianFigure(figures, figure)),
    bounded: bounds.map(({ figure }) => medianFigure(figures, figure)),
    within: figures.filter((one) => bounds.every((bound) => holds(bound, one))).length,
    passed: runs.filter(({ passed }) => passed).length,
  }
}

export function isAllowed({ within, seeds }: Measured<unknown>): boolean {
  return within === seeds
}

/** The best by the first objective, by the next where that is alike; among those allowed, if any is. */
export function best<P>(points: readonly Measured<P>[], objectives: readonly Objective[]): Measured<P> | undefined {
  const allowed = points.filter(isAllowed)
  return allowed.reduce<Measured<P> | undefined>(
    (first, one) => (first === undefined || comesBefore(one, first, objectives) ? one : first),
    undefined,
  )
}

function comesBefore(a: Measured<unknown>, b: Measured<unknown>, objectives: readonly Objective[]): boolean {
  for (const [i, { kind }] of objectives.entries()) {
    const [one, other] = [a.objectives[i] ?? null, b.objectives[i] ?? null]
    if (isBetter(one, other, kind)) return true
    if (isBetter(other, one, kind)) return false
  }
  return false
}

/** Those allowed that no other allowed one beats in one objective and equals in the rest. */
export function front<P>(points: readonly Measured<P>[], objectives: readonly Objective[]): readonly Measured<P>[] {
  const allowed = points.filter(isAllowed)
  return allowed.filter((one) => !allowed.some((other) => dominates(other, one, objectives)))
}

function dominates(a: Measured<unknown>, b: Measured<unknown>, objectives: readonly Objective[]): boolean {
  let isAnyBetter = false
  for (const [i, { kind }] of objectives.entries()) {
    const [one, other] = [a.objectives[i] ?? null, b.objectives[i] ?? null]
    if (isBetter(other, one, kind)) return false
    isAnyBetter ||= isBetter(one, other, kind)
  }
  return isAnyBetter
}
