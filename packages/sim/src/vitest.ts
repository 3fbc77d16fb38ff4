// The door for tests with vitest: a scenario as a test.
import { expect, test } from 'vitest'
import type { RunDocument } from './recording/run-document.ts'
import { propertyFigure, propertyName } from './reporting/measured.ts'
import { failingSeedsHere, tryFailingFirst } from './running/node-failing-seeds.ts'
import { missedBy, oneOfMany } from './running/several-seeds.ts'
import { type SimulatedRun, type SimulateOptions, simulate } from './running/simulate.ts'
import type { ScenarioData } from './scenario/scenario-data.ts'

export interface SimTestOptions extends Omit<SimulateOptions, 'seed' | 'signal' | 'onProgress'> {
  /** The first seed. Default: the scenario's own, else 1. */
  readonly seed?: number
  /** How many seeds are run, one after another, from the first on; those that failed the last time before. Default 1. */
  readonly seeds?: number
  /** Real milliseconds the test may take in all. Default 60,000. */
  readonly timeout?: number
}

/** Looks at a finished run; what it throws fails the test. */
export type SimCheck = (run: SimulatedRun) => void | Promise<void>

/** A test that runs a scenario: its thresholds are asserted for each seed, then `check` looks at the run. */
export function simTest(name: string, scenario: ScenarioData, check?: SimCheck): void
export function simTest(name: string, scenario: ScenarioData, options: SimTestOptions, check?: SimCheck): void
export function simTest(
  name: string,
  scenario: ScenarioData,
  optionsOrCheck: SimTestOptions | SimCheck = {},
  lastCheck?: SimCheck,
): void {
  const check = typeof optionsOrCheck === 'function' ? optionsOrCheck : lastCheck
  const options = typeof optionsOrCheck === 'function' ? {} : optionsOrCheck
  const { seeds = 1, seed = Number(scenario.seed ?? 1), timeout = 60_000, ...simulateOptions } = options
  test(name, { timeout }, async () => {
    const { testPath = '', currentTestName = name } = expect.getState()
    const failing = failingSeedsHere()
    const runs: RunDocument[] = []
    await tryFailingFirst(failing, `${testPath} > ${currentTestName}`, seed, seeds, async (one) => {
      const run = await simulate(scenario, { ...simulateOptions, seed: one })
      runs.push(run)
      expect(failuresOf(seeds === 1 ? run : oneOfMany(run)), `seed ${run.seed}`).toEqual([])
      await check?.(run)
    })
    if (seeds > 1) expect(missedBy(runs), `seeds ${seed} to ${seed + seeds - 1}`).toEqual([])
  })
}

/** Each failed threshold and property in a line, for the test's report. */
function failuresOf(run: RunDocument): string[] {
  const failed = run.thresholds.filter((threshold) => !threshold.ok)
  const broken = (run.properties ?? []).filter(({ ok }) => !ok)
  return [
    ...(run.invalid ?? []).map((threshold) => `${threshold} failed before the first fault`),
    ...failed.map(({ metric, expression, value }) => `${metric} ${expression}, got ${value ?? 'nothing to measure'}`),
    ...broken.map((one) => `${propertyName(one)}: ${propertyFigure(one)}`),
  ]
}
