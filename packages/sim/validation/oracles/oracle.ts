import type { RunDocument } from '../../src/recording/run-document.ts'
import { runScenario } from '../../src/running/run-scenario.ts'
import { resolveScenario } from '../../src/scenario/resolve-scenario.ts'
import type { ScenarioData } from '../../src/scenario/scenario-data.ts'

/** A published or analytic figure, and the public scenario that must reproduce it. */
export interface Oracle {
  readonly id: string
  readonly name: string
  readonly theory: number
  /** Allowed relative error at full size, averaged over {@link SEEDS}. */
  readonly tolerance: number
  /** Allowed relative error of one run of {@link QUICK_ARRIVALS}: 3.5 standard deviations at that size. */
  readonly quickTolerance: number
  /** Arrivals a run at full size. */
  readonly arrivals: number
  /** The scenario for about so many arrivals. */
  scenario(arrivals: number): ScenarioData
  measure(run: RunDocument): number | null
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

export const SEEDS: readonly number[] = [1, 2, 3, 4, 5]
export const QUICK_ARRIVALS = 100_000

/** Runs an oracle at one size over some seeds and compares the mean with theory. */
export async function runOracle(
  oracle: Oracle,
  arrivals: number,
  seeds: readonly number[],
  tolerance: number,
): Promise<OracleRow> {
  let sum = 0
  for (const seed of seeds) {
    const resolved = resolveScenario(oracle.scenario(arrivals), { overrides: { seed } })
    const { document } = await runScenario(resolved)
    sum += oracle.measure(document) ?? Number.NaN
  }
  const { id, name, theory } = oracle
  const ours = sum / seeds.length
  const error = ours / theory - 1
  return { id, name, theory, ours, error, tolerance, ok: Math.abs(error) <= tolerance }
}

export const runQuick = (oracle: Oracle): Promise<OracleRow> =>
  runOracle(oracle, QUICK_ARRIVALS, [1], oracle.quickTolerance)
export const runFull = (oracle: Oracle): Promise<OracleRow> =>
  runOracle(oracle, oracle.arrivals, SEEDS, oracle.tolerance)
