/**
 * The stories that `demo` tells, each a scenario with several sides. They are data form, not code: Node strips no types
 * below `node_modules`, and a demo must run from an installed package, too.
 */
import { fileURLToPath } from 'node:url'

export interface Side {
  /** For `--only`. */
  readonly id: string
  readonly label: string
  /** A policy document; null for none. */
  readonly policies: string | null
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

export const PRESETS: readonly Preset[] = [
  {
    name: 'online-boutique',
    about: 'a shop of eleven services through a crash and a slow database: bare, naive retries, governed',
    story: [
      "Google's Online Boutique at 300 pages a second. First an instance of the currency service",
      "crashes, then the catalogue's database takes three times as long for ten seconds. Same arrivals,",
      'same faults; only how the callers call differs.',
    ],
    file: scenarioFile('online-boutique.sim.yaml'),
    workload: 'frontend',
    edge: 'frontend>catalog',
    sides: [
      { id: 'bare', label: 'bare calls', policies: null },
      { id: 'naive', label: 'naive retries', policies: scenarioFile('online-boutique.naive.yaml') },
      { id: 'governed', label: 'seakeep', policies: scenarioFile('online-boutique.governed.yaml') },
    ],
  },
]

/** Beside the sources and beside what is built alike. */
function scenarioFile(name: string): string {
  return fileURLToPath(new URL(`../../scenarios/${name}`, import.meta.url))
}
