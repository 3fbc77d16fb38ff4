/**
 * One side of a comparison: what its runs came to, without the runs. It is also what a baseline keeps, so that the base of
 * tomorrow's comparison is a file. Two sides are compared seed by seed, and only where that says something: the same
 * scenario, the same seeds, judged by the same deadlines.
 */
import { createHash } from 'node:crypto'
import { ConfigError } from '@seakeep/core'
import { durationText } from '@seakeep/core/spi'
import type { RunDocument } from '../../recording/run-document.ts'
import { type Figures, figuresOf } from './figures.ts'

export interface SideRun {
  readonly seed: number
  readonly traceHash: string
  readonly figures: Figures
}

export interface Side {
  readonly scenario: string
  /** Of all that a run depends on besides its seed and its policies. */
  readonly scenarioHash: string
  readonly policiesHash: string | null
  /** By workload, in milliseconds; null for none. */
  readonly deadlines: Readonly<Record<string, number | null>>
  readonly versions: RunDocument['versions'] | null
  readonly runs: readonly SideRun[]
}

export function sideOf(scenario: string, scenarioHash: string, documents: readonly RunDocument[]): Side {
  const [first] = documents
  const deadlines = Object.entries(first?.workload ?? {}).map(([name, { deadlineMs }]) => [name, deadlineMs])
  return {
    scenario,
    scenarioHash,
    policiesHash: first?.policiesHash ?? null,
    deadlines: Object.fromEntries(deadlines),
    versions: first?.versions ?? null,
    runs: documents.map((run) => ({ seed: run.seed, traceHash: run.traceHash, figures: figuresOf(run) })),
  }
}

/** The scenario in data form, as a short hash: code by its text, without what the sides of a comparison may differ in. */
export function hashOfScenario(input: unknown): string {
  const text = JSON.stringify(input, (key, value: unknown) => {
    if (key === 'seed' || key === 'policies') return undefined
    return typeof value === 'function' ? String(value) : value
  })
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

/** Throws a ConfigError where the two cannot be compared. `base` is what the base is called. */
export function refuseUnlike(base: Side, head: Side, name: string): void {
  const refuse = (problem: string): never => {
    throw new ConfigError('', `${head.scenario} cannot be compared with ${name}: ${problem}`)
  }
  if (base.scenario !== head.scenario) refuse(`it is of another scenario, ${base.scenario}`)
  if (base.scenarioHash !== head.scenarioHash) {
    refuse('the scenario has changed since (its topology, workload, faults or thresholds); save a new baseline')
  }
  const seeds = (side: Side): string => seedsText(side.runs.map(({ seed }) => seed))
  if (seeds(base) !== seeds(head)) refuse(`it was run with ${seeds(base)}, this with ${seeds(head)}`)
  for (const [workload, deadlineMs] of Object.entries(head.deadlines)) {
    const before = base.deadlines[workload] ?? null
    if (before === deadlineMs) continue
    const text = (ms: number | null): string => (ms === null ? 'no deadline' : durationText(ms))
    const sides = `${text(before)} (base) and ${text(deadlineMs)} (head)`
    refuse(`goodput of ${workload} would be judged by different deadlines, ${sides}; give the workload a deadline`)
  }
}

/** `seeds 1 to 30`, `seeds 1, 4, 9`. */
export function seedsText(seeds: readonly number[]): string {
  const [first] = seeds
  const last = seeds.at(-1)
  if (first === undefined || last === undefined) return 'no seeds'
  if (seeds.length === 1) return `seed ${first}`
  const isRange = seeds.every((seed, i) => seed === first + i)
  return isRange ? `seeds ${first} to ${last}` : `seeds ${seeds.join(', ')}`
}
