/**
 * The figures of a run that two sides are compared by, under the names thresholds have for them. Each knows which way is
 * better and from which difference on anybody would mind: below its tolerance a difference is none, however sure it is.
 */
import type { RunDocument } from '../../recording/run-document.ts'

/** How much worse is worse: by so much of the base, or by so much of its own unit. */
export type Tolerance = { readonly share: number } | { readonly by: number }

export interface FigureKind {
  /** As it ends a figure's name: `latency.p99`. */
  readonly name: string
  readonly better: 'more' | 'less'
  readonly unit: 'ratio' | 'time' | 'number'
  readonly tolerance: Tolerance
}

const TIMES = ['p50', 'p95', 'p99'] as const

export const FIGURE_KINDS: readonly FigureKind[] = [
  { name: 'goodput', better: 'more', unit: 'ratio', tolerance: { by: 0.002 } },
  ...TIMES.map(
    (time): FigureKind => ({ name: `latency.${time}`, better: 'less', unit: 'time', tolerance: { share: 0.02 } }),
  ),
  { name: 'amplification', better: 'less', unit: 'number', tolerance: { share: 0.02 } },
  { name: 'recovery', better: 'less', unit: 'time', tolerance: { by: 1000 } },
]

/** The kind of a figure by its whole name, `gateway.latency.p99`. */
export function kindOf(figure: string): FigureKind | undefined {
  return FIGURE_KINDS.find(({ name }) => figure.endsWith(`.${name}`))
}

/** By name, in the order they are shown; null where there was nothing to measure. */
export type Figures = Readonly<Record<string, number | null>>

/**
 * What a workload's users see, how often each edge is tried, and how long recovery takes where a threshold asks for it
 * (one that never came counts as the length of the run).
 */
export function figuresOf(run: RunDocument): Figures {
  const figures: Record<string, number | null> = {}
  for (const [name, { goodput, latencyMs }] of Object.entries(run.workload)) {
    figures[`${name}.goodput`] = goodput
    for (const time of TIMES) figures[`${name}.latency.${time}`] = latencyMs[time]
  }
  for (const [name, { amplification }] of Object.entries(run.edges)) figures[`${name}.amplification`] = amplification
  for (const { metric, value } of run.thresholds) {
    if (metric.endsWith('.recovery')) figures[metric] = value ?? run.virtualMs
  }
  return figures
}
