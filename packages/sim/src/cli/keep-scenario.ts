/** Writes the scenario that is run as data of its own, with everything in it that it refers to and all that was drawn. */
import { extname } from 'node:path'
import { stringify } from 'yaml'
import type { LoadedScenario } from '../scenario/node-load-scenario.ts'
import { type ScenarioOverrides, scenarioAsData } from '../scenario/resolving/resolve-scenario.ts'

/** JSON where the name of its file ends so, else YAML. */
export function scenarioText(
  loaded: LoadedScenario,
  overrides: ScenarioOverrides,
  seed: number,
  output: string,
): string {
  const data = { ...scenarioAsData(loaded.input, { ...loaded, overrides }), seed }
  return extname(output) === '.json' ? `${JSON.stringify(data, undefined, 2)}\n` : stringify(data)
}
