/** One run as it can be sent to another thread: where its scenario is, what is changed of it, and the seed. */
import { type LoadedScenario, loadScenario, resolveLoaded } from '../../scenario/node-load-scenario.ts'
import type { CheckedScenario, ScenarioOverrides } from '../../scenario/resolving/resolve-scenario.ts'

export interface RunJob {
  readonly source: ScenarioSource
  /** The seed among them is not read. */
  readonly overrides: ScenarioOverrides
  readonly seed: number
  /** Writes the timeline of every service. */
  readonly allTimelines?: boolean | undefined
  /** Records what pictures are drawn from, too. */
  readonly inDetail?: boolean | undefined
}

/** A file, or a scenario in data form, which holds no code. */
export type ScenarioSource =
  | { readonly file: string; readonly cwd: string }
  | { readonly input: unknown; readonly baseDir: string; readonly name: string; readonly isBare: boolean }

/** Files that were read already: the same for every seed. */
export type LoadedFiles = Map<string, Promise<LoadedScenario>>

export async function scenarioOf(job: RunJob, files: LoadedFiles): Promise<CheckedScenario> {
  const overrides = { ...job.overrides, seed: job.seed }
  return resolveLoaded(await loadedOf(job.source, files), overrides)
}

function loadedOf(source: ScenarioSource, files: LoadedFiles): Promise<LoadedScenario> | LoadedScenario {
  if (!('file' in source)) return { ...source, file: source.name, locate: undefined }
  const key = `${source.cwd}\0${source.file}`
  const known = files.get(key)
  if (known !== undefined) return known
  const loading = loadScenario(source.file, source.cwd)
  files.set(key, loading)
  return loading
}
