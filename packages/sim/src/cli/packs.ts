/**
 * Stories that are run together, all sides of each, and held to what they tell. `standard` and `full` run them as they
 * are; `smoke` is what a commit can wait for: four that show most, cut to half a minute of virtual time, with faults and
 * thresholds moved as far forward.
 */
import { parseSetting, type Setting } from '../scenario/set-path.ts'
import { STORIES } from './stories.ts'

export interface PackedStory {
  readonly story: string
  /** What makes it shorter. */
  readonly settings: readonly Setting[]
}

export interface Pack {
  readonly name: string
  readonly about: string
  readonly stories: readonly PackedStory[]
}

const SMOKE: Readonly<Record<string, readonly string[]>> = {
  'retry-storm': [
    'duration=30s',
    'faults.0.at=5s',
    'faults.0.hold.for=2s',
    'thresholds.db\\.goodput=ratio>=0.99 from 27s',
    'thresholds.db\\.recovery=time<13s',
  ],
  'gray-instance': ['duration=30s', 'faults.0.at=2s'],
  'slow-backend': ['duration=30s', 'faults.0.at=7500', 'faults.0.slow.for=15s'],
  'slow-dependency': ['duration=30s', 'faults.0.at=5s', 'faults.0.slow.for=10s'],
}

/** What is asked of a library of failures, each by the stories that tell it, in the order of docs/scenarios.md. */
const STANDARD: readonly string[] = [
  ...['retry-storm', 'layered-retries', 'gray-instance', 'black-hole', 'slow-backend', 'zone-outage', 'zones'],
  ...['registry-outage', 'registry-partition', 'thundering-herd', 'gateway-restart', 'slow-dependency', 'cold-deploy'],
  ...['noisy-neighbour', 'hot-key', 'priorities', 'sequential-calls', 'fan-out-tail', 'tail', 'autoscaling-lag'],
]

export const PACKS: readonly Pack[] = [
  {
    name: 'smoke',
    about: 'four stories of half a minute each, in a few seconds',
    stories: Object.entries(SMOKE).map(([story, set]) => ({ story, settings: set.map(parseSetting) })),
  },
  { name: 'standard', about: 'what goes wrong most often', stories: asTheyAre(STANDARD) },
  { name: 'full', about: 'all stories', stories: asTheyAre(STORIES.map(({ name }) => name)) },
]

function asTheyAre(names: readonly string[]): readonly PackedStory[] {
  return names.map((story) => ({ story, settings: [] }))
}
