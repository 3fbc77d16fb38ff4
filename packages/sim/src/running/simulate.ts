import { ConfigError } from '@seakeep/core'
import { didYouMean } from '@seakeep/core/spi'
import type { RunDocument } from '../recording/run-document.ts'
import { resolveScenario } from '../scenario/resolving/resolve-scenario.ts'
import type { ScenarioData } from '../scenario/scenario-data.ts'
import { type MetricWindow, metricOf } from './metric.ts'
import { type RunScenarioOptions, runScenario } from './run-scenario.ts'

export interface SimulateOptions extends Omit<RunScenarioOptions, 'diary'> {
  readonly seed?: number
  /** What relative paths in the scenario start from. Default: the working directory. */
  readonly baseDir?: string
}

/** A run's document, with figures that can be asked for by name. */
export interface SimulatedRun extends RunDocument {
  /**
   * A figure by the name a threshold would use: `gateway.goodput`, `orders>payments.amplification`,
   * `gateway.latency.p99` (ms). With a window, by the timeline's whole steps: goodput and offered only.
   */
  metric(name: string, window?: MetricWindow): number | null
}

/** Simulates a scenario: the production code of the core on virtual time, the same result for the same seed. */
export async function simulate(scenario: ScenarioData, options: SimulateOptions = {}): Promise<SimulatedRun> {
  const { seed, baseDir, ...run } = checked(options)
  const resolved = resolveScenario(scenario, { baseDir, overrides: { seed } })
  const { document, recorder } = await runScenario(resolved, run)
  return { ...document, metric: (name, window) => metricOf(document, recorder, name, window) }
}

const OPTIONS: Readonly<Record<keyof SimulateOptions, true>> = {
  seed: true,
  baseDir: true,
  onProgress: true,
  signal: true,
  drainAlways: true,
  drainSlowly: true,
  allTimelines: true,
  inDetail: true,
  onEvent: true,
}

function checked(options: SimulateOptions): SimulateOptions {
  const known = Object.keys(OPTIONS)
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) throw new ConfigError(key, `unknown option of simulate${didYouMean(key, known)}`)
  }
  return options
}
