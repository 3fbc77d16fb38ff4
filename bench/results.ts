// The committed result of a run, and what a later run says against it. Ratios are compared, as only they hold from one
// run, and one machine, to the next; a ratio has grown when it did so by more than either run leaves open.
import type { Row } from './row.ts'

export interface Results {
  readonly machine: { readonly cpu: string; readonly node: string; readonly date: string }
  readonly rounds: number
  readonly rows: readonly Row[]
}

export interface Comparison {
  /** One line a row whose ratio has grown. */
  readonly grown: readonly string[]
  /** Rows that only one side has, of the suites that were run. */
  readonly unknown: readonly string[]
}

/** Ratios taken side by side hold within a tenth or two; what grows by less is not told from the machine's moods. */
const LEAST_GROWTH = 0.2

export function compareWith(before: readonly Row[], now: readonly Row[]): Comparison {
  const known = new Map(before.map((row) => [nameOf(row), row]))
  const suites = new Set(now.map(({ suite }) => suite))
  const grown: string[] = []
  const unknown: string[] = []
  for (const row of now) {
    const name = nameOf(row)
    const old = known.get(name)
    known.delete(name)
    if (old === undefined) unknown.push(`${name}: not among the committed results`)
    else if (hasGrown(old, row)) grown.push(`${name}: ${told(old)} before, ${told(row)} now`)
  }
  for (const [name, { suite }] of known) if (suites.has(suite)) unknown.push(`${name}: no longer measured`)
  return { grown, unknown }
}

function hasGrown(before: Row, now: Row): boolean {
  return now.ratio - before.ratio > Math.max(before.noise, now.noise, LEAST_GROWTH * before.ratio)
}

function nameOf({ suite, name }: Row): string {
  return `${suite}: ${name}`
}

function told({ ratio, noise }: Row): string {
  return `${ratio.toFixed(2)} ± ${noise.toFixed(2)}`
}
