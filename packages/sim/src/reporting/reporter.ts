/** A reporter hears of runs as they go, and writes where it was told to: none knows the command line or the disk. */
import type { RunDocument, RunEvent } from '../recording/run-document.ts'

/** A scenario whose runs are reported. */
export interface Told {
  readonly file: string
  readonly scenario: string
  /** The command that makes the run of a seed again; undefined where that is not known. */
  replay(seed: number): string | undefined
}

export interface Reporter {
  /** A run of a seed begins. */
  began?(told: Told, seed: number): void
  event?(told: Told, seed: number, event: RunEvent): void
  ran?(told: Told, run: RunDocument): void
  /** What none of several seeds has shown, and at least one had to. */
  missed?(told: Told, problem: string): void
  /** A file could not be used (`seed` is undefined), or a run threw. `problem` is what is printed of it. */
  failed?(told: Told, seed: number | undefined, problem: string): void
  /** All seeds of a scenario have been run. */
  scenarioEnded?(told: Told): Promise<void> | void
  /** Nothing more comes. */
  ended?(): void
}
