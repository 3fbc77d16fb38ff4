/**
 * The stories that `demo` tells, as it needs them: each a scenario with several sides. They are data form, not code: Node
 * strips no types below `node_modules`, and a demo must run from an installed package, too. Of a story called x the
 * scenario is `x.sim.yaml`; it holds the policies of the side `seakeep`, and `x.<side>.yaml` those of any other.
 */
import { fileURLToPath } from 'node:url'
import { parseSetting, type Setting } from '../scenario/set-path.ts'
import { STORIES, type Story } from './stories.ts'

export interface Side {
  /** For `--only`. */
  readonly id: string
  readonly label: string
  /** A policy document; null for none; undefined for the scenario's own. */
  readonly policies: string | null | undefined
  /** Other values of the scenario. */
  readonly settings: readonly Setting[]
  /** True where its thresholds or properties are told not to hold. */
  readonly fails: boolean
}

export interface Preset {
  readonly name: string
  readonly about: string
  /** What the reader should know before the first figure. */
  readonly story: readonly string[]
  readonly file: string
  /** Which workload's goodput, latency and recovery are shown, by its id. */
  readonly workload: string
  /** Where amplification is shown. */
  readonly edge: string
  readonly sides: readonly Side[]
}

export const PRESETS: readonly Preset[] = STORIES.map(presetOf)

function presetOf({ sides, fails, ...story }: Story): Preset {
  const { name } = story
  return {
    ...story,
    file: scenarioFile(`${name}.sim.yaml`),
    sides: Object.entries(sides).map(([id, side]) => ({
      id,
      fails: fails.includes(id),
      ...(typeof side === 'string'
        ? { label: side, policies: policiesOf(name, id), settings: [] }
        : { label: side.label, policies: undefined, settings: side.set.map(parseSetting) }),
    })),
  }
}

function policiesOf(story: string, side: string): string | null | undefined {
  if (side === 'bare') return null
  return side === 'seakeep' ? undefined : scenarioFile(`${story}.${side}.yaml`)
}

/** Beside the sources and beside what is built alike. */
function scenarioFile(name: string): string {
  return fileURLToPath(new URL(`../../scenarios/${name}`, import.meta.url))
}
