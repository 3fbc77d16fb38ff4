import type { RunDocument } from '../../src/recording/run-document.ts'
import { runScenario } from '../../src/running/run-scenario.ts'
import { resolveScenario } from '../../src/scenario/resolving/resolve-scenario.ts'
import type { ScenarioData } from '../../src/scenario/scenario-data.ts'
import quickSpread from './quick-spread.json' with { type: 'json' }

/**
 * What an error is. `relative`: ours over theory. `absolute`: ours less theory, for shares, probabilities and verdicts
 * (0 or 1). `at most`, `at least`: theory is a bound, and the error is how far ours lies beyond it.
 */
export type Comparison = 'relative' | 'absolute' | 'at most' | 'at least'

/** A published or analytic figure, and the public scenario that must reproduce it. */
export interface Oracle {
  readonly id: string
  readonly name: string
  readonly theory: number
  /** Default `relative`. */
  readonly compare?: Comparison
  /** Allowed error at full size, averaged over the seeds. A quick run is allowed more: {@link quickTolerance}. */
  readonly tolerance: number
  /**
   * Arrivals a run at full size, at most: {@link arrivalsOf}. Where the length of a run is part of the setup, its scenario
   * does not look at them.
   */
  readonly arrivals: number
  /** Arrivals of a quick run. Default 100,000. */
  readonly quickArrivals?: number
  /** Runs that are averaged, seeds 1 and up. Default 5. */
  readonly seeds?: number
  /** The same of a quick run. Default 1; 0 where nothing that is quick says anything. */
  readonly quickSeeds?: number
  /** The scenario for about so many arrivals. Oracles that share this very function share its runs. */
  readonly scenario: (arrivals: number) => ScenarioData
  /** A second scenario, run with the same seed, which ours is compared with. Default none: `other` is the run itself. */
  readonly other?: (arrivals: number) => ScenarioData
  /** Ours; null where the run has no such figure, which no theory agrees with. */
  readonly measure: (run: RunDocument, other: RunDocument) => number | null
}

/** An oracle that cannot be asked yet, and what has to be there first. */
export interface TodoOracle {
  readonly id: string
  readonly name: string
  readonly missing: string
}

/** What is written for each oracle. */
export interface OracleRow {
  readonly id: string
  readonly name: string
  readonly theory: number
  readonly ours: number
  readonly error: number
  readonly tolerance: number
  readonly ok: boolean
}

export type Size = 'quick' | 'full'

const SEEDS = 5
const QUICK_ARRIVALS = 100_000

export function seedsOf(oracle: Oracle, size: Size): number {
  return size === 'full' ? (oracle.seeds ?? SEEDS) : (oracle.quickSeeds ?? 1)
}

/** Runs kept for the oracles that share them, by their scenario's function, size and seed. */
const runs = new WeakMap<Oracle['scenario'], Map<string, Promise<RunDocument>>>()

/** A full run is at least this part of what its oracle says: shorter ones are not steady yet. */
const LEAST_PART = 0.2

/**
 * Arrivals a run. At full size as many as keep 3.5 standard deviations of the mean over the seeds within two thirds of the
 * tolerance, by how quick runs are spread; what no quick run says anything of is as long as its oracle says.
 */
export function arrivalsOf(oracle: Oracle, size: Size): number {
  const { id, arrivals, tolerance, quickArrivals = QUICK_ARRIVALS } = oracle
  if (size === 'quick') return quickArrivals
  const sd = (quickSpread as Readonly<Record<string, number>>)[id]
  if (sd === undefined || tolerance === 0 || arrivals <= quickArrivals) return arrivals
  const needed = (quickArrivals / seedsOf(oracle, 'full')) * ((3.5 * sd * 1.5) / tolerance) ** 2
  return Math.min(arrivals, Math.ceil(Math.max(needed, LEAST_PART * arrivals)))
}

/** One figure of one run. */
export async function measureOnce(oracle: Oracle, arrivals: number, seed: number): Promise<number> {
  const { scenario, other, measure } = oracle
  const run = await runOnce(scenario, arrivals, seed)
  return measure(run, other === undefined ? run : await runOnce(other, arrivals, seed)) ?? Number.NaN
}

function runOnce(scenario: Oracle['scenario'], count: number, seed: number): Promise<RunDocument> {
  const known = runs.get(scenario) ?? new Map<string, Promise<RunDocument>>()
  runs.set(scenario, known)
  const name = `${count} ${seed}`
  let run = known.get(name)
  if (run === undefined) {
    run = runScenario(resolveScenario(scenario(count), { overrides: { seed } })).then(({ document }) => document)
    known.set(name, run)
  }
  return run
}

/** Compares the mean of what was measured with theory. */
export function judge(oracle: Oracle, size: Size, measured: readonly number[]): OracleRow {
  const { id, name, theory, compare = 'relative' } = oracle
  const tolerance = size === 'full' ? oracle.tolerance : quickTolerance(oracle)
  const ours = measured.reduce((sum, one) => sum + one, 0) / measured.length
  const error = errorOf(ours, theory, compare)
  return { id, name, theory, ours, error, tolerance, ok: Math.abs(error) <= tolerance }
}

/**
 * 3.5 standard deviations of a quick run's figure. Those of one run, over 20 seeds, are in `quick-spread.json`, as
 * `pnpm validation --spread 20 --json` has written them; without one there the oracle fails.
 */
function quickTolerance(oracle: Oracle): number {
  const { id, tolerance, compare } = oracle
  if (compare === 'at most' || compare === 'at least') return tolerance
  const sd = (quickSpread as Readonly<Record<string, number>>)[id] ?? Number.NaN
  return Math.max(tolerance, (3.5 * sd) / Math.sqrt(seedsOf(oracle, 'quick')))
}

function errorOf(ours: number, theory: number, compare: Comparison): number {
  switch (compare) {
    case 'relative':
      return ours / theory - 1
    case 'absolute':
      return ours - theory
    case 'at most':
      return Math.max(0, ours - theory)
    case 'at least':
      return Math.min(0, ours - theory)
  }
}

export async function runQuick(oracle: Oracle): Promise<OracleRow> {
  const measured: number[] = []
  const arrivals = arrivalsOf(oracle, 'quick')
  for (let seed = 1; seed <= seedsOf(oracle, 'quick'); seed++) measured.push(await measureOnce(oracle, arrivals, seed))
  return judge(oracle, 'quick', measured)
}
