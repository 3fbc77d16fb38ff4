/**
 * Everything a command touches outside of itself, so that commands are called in tests as functions: what they print,
 * write and run is looked at, and no process is started.
 */
import type { PolicyStore } from '@seakeep/core/spi'
import type { Diary } from '../recording/diary.ts'
import type { RunDocument, RunEvent } from '../recording/run-document.ts'
import type { RunJob } from '../running/workers/run-job.ts'
import type { ResolvedScenario } from '../scenario/resolved-scenario.ts'

export interface CliIo {
  /** Standard output: results. */
  out(text: string): void
  /** Standard error: progress, warnings and errors. */
  err(text: string): void
  readonly isOutTty: boolean
  readonly isErrTty: boolean
  /** Width of the terminal behind standard error. */
  readonly columns: number
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** Writes a file and the folders it needs. */
  writeFile(path: string, text: string): void
  /** Adds to the end of a file, which need not be there yet. */
  appendFile(path: string, text: string): void
  /** Calls `told` at Ctrl-C, until disposed of. */
  onInterrupt(told: () => void): Disposable
  /** Calls `told` after a file in one of the folders has changed, until disposed of. */
  watchFolders(folders: readonly string[], told: () => void): Disposable
  /** Runs this program once more, in a process of its own; resolves to its exit code. Its output goes where ours does. */
  runAgain(args: readonly string[], options?: RunAgainOptions): Promise<number>
  readonly simulate: Simulate
  /** Makes runs on `workers` threads; with one, on this thread. */
  openRuns(workers: number): Runs
  /**
   * Opens where policy documents are kept: a file, `consul://host:port/key` or `etcd://host:port/key`, with what the
   * environment says of who asks. Rejects with a UsageError where there is no such kind, or its package is not installed.
   */
  openPlace(place: string): Promise<PolicyStore>
  /** Wall-clock time in milliseconds since 1970: for the history of what was pushed. */
  wallNow(): number
}

export interface RunAgainOptions {
  /** On top of this process's environment. */
  readonly env?: Readonly<Record<string, string>>
  /** Switches of Node itself. */
  readonly nodeArgs?: readonly string[]
  readonly isQuiet?: boolean
}

export interface SimulateOptions {
  readonly onProgress?: ((progress: RunProgress) => void) | undefined
  /** Ends the run early; what was measured until then is reported. */
  readonly signal?: AbortSignal | undefined
  /** The timeline of every service, not of the busiest only. */
  readonly allTimelines?: boolean | undefined
  /** What pictures are drawn from, too. */
  readonly inDetail?: boolean | undefined
  /** Hears of faults and transitions as they happen. */
  readonly onEvent?: ((event: RunEvent) => void) | undefined
  /** Keeps the stories of single calls. */
  readonly diary?: Diary | undefined
}

export type Simulate = (scenario: ResolvedScenario, options: SimulateOptions) => Promise<RunDocument>

/** Who makes the runs of a command: this thread, one after the other, or several worker threads. */
export interface Runs extends AsyncDisposable {
  /** How many are made at a time. */
  readonly width: number
  run(job: RunJob, options?: Pick<SimulateOptions, 'onProgress' | 'signal'>): Promise<RunDocument>
}

export interface RunProgress {
  readonly virtualMs: number
  readonly durationMs: number
  readonly wallMs: number
  readonly calls: number
}

export interface Command {
  readonly name: string
  /** One line, for the list of commands. */
  readonly about: string
  /** Resolves to the exit code. */
  run(args: readonly string[], io: CliIo): Promise<number>
}
