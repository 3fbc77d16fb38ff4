/**
 * An imported topology as a scenario that runs as it is, and as its bare run would: the same numbers, so the same trace
 * hash. What was inferred and what was guessed goes with it, since nobody can tell the two apart later.
 */
import { durationText } from '@seakeep/core/spi'
import type { ScenarioData } from '../scenario-data.ts'
import { BARE_WARMUP_MS, type ImportedTopology } from './imported-topology.ts'

export interface ImportedScenario {
  readonly data: ScenarioData
  /** Headed lists of sentences. */
  readonly notes: readonly ImportNotes[]
  /** A line on single services. */
  readonly remarks: ReadonlyMap<string, string>
}

export interface ImportNotes {
  readonly title: string
  readonly sentences: readonly string[]
}

export function importedScenario(
  imported: ImportedTopology,
  options: { readonly name: string; readonly ratePerSecond: number },
): ImportedScenario {
  const { topology, latency, inferred, guessed, warnings, remarks } = imported
  const notes = [
    { title: 'Inferred', sentences: inferred },
    { title: 'Guessed, or not to be known from the file', sentences: guessed },
    { title: 'Changed or left out', sentences: warnings },
  ]
  return {
    data: {
      name: options.name,
      duration: '60s',
      warmup: durationText(BARE_WARMUP_MS) as `${number}s`,
      ...(latency === undefined ? {} : { network: { latency } }),
      topology,
      workload: [imported.workload(options.ratePerSecond)],
    },
    notes: notes.filter(({ sentences }) => sentences.length > 0),
    remarks,
  }
}
