/**
 * `seakeep run <files…>`: each file with each seed, one after another. A file that cannot be used does not keep the
 * others from running; the exit code is that of the worst.
 */
import { join, resolve } from 'node:path'
import type { RunDocument, RunEvent } from '../recording/run-document.ts'
import { runsAsJson } from '../reporting/json.ts'
import { COLOURS, NO_PAINT, type Paint, wantsColour } from '../reporting/paint.ts'
import { prettyRun } from '../reporting/pretty.ts'
import { prettySeeds, seedLine } from '../reporting/pretty-seeds.ts'
import type { Reporter, Told } from '../reporting/reporter.ts'
import { type LoadedScenario, loadScenario, resolveLoaded } from '../scenario/node-load-scenario.ts'
import type { CheckedScenario } from '../scenario/resolve-scenario.ts'
import { describeOptions, readArguments } from './arguments.ts'
import { codeOfError, codeOfRun, describeError, UsageError, worst } from './exit-code.ts'
import { interruptible } from './interruption.ts'
import type { CliIo, Command } from './io.ts'
import { showProgress } from './progress.ts'
import { commandLine } from './replay-command.ts'
import { createReporters, fileName, isOutTaken } from './reporters.ts'
import { RUN_OPTIONS, RUN_OPTIONS_NOT_YET, type RunOptions, readRunOptions } from './run-options.ts'

export const runCommand: Command = {
  name: 'run',
  about: 'run scenarios, or service graphs and traces as they are: isotope, Jaeger, OTLP',
  async run(args, io) {
    const given = readArguments(args, RUN_OPTIONS, RUN_OPTIONS_NOT_YET)
    if (given.isOn('help')) {
      io.out(`seakeep run <files…> [options]\n\n${describeOptions(RUN_OPTIONS)}\n`)
      return 0
    }
    if (given.positionals.length === 0) throw new UsageError('no scenario is named; seakeep run sims/checkout.sim.ts')
    return await runFiles(given.positionals, readRunOptions(given, io.cwd), io)
  },
}

/** Runs them all and reports; resolves to the exit code. */
export async function runFiles(files: readonly string[], options: RunOptions, io: CliIo): Promise<number> {
  const session = new Session(options, io)
  using interruption = interruptible(io)
  for (const file of files) {
    if (interruption.signal.aborted || session.isOver) break
    await session.runFile(file, interruption.signal)
  }
  session.end()
  if (interruption.signal.aborted) session.codes.push(130)
  const isSeveral = files.length > 1 || options.seeds > 1
  if (options.json !== undefined && (isSeveral || session.documents.length > 0)) {
    session.write(resolve(io.cwd, options.json), runsAsJson(session.documents, isSeveral))
  }
  if (options.reporters.includes('json') && options.outputDir === undefined && session.documents.length > 0) {
    io.out(runsAsJson(session.documents, isSeveral))
  }
  return worst(session.codes)
}

class Session {
  readonly codes: number[] = []
  readonly documents: RunDocument[] = []
  readonly #options: RunOptions
  readonly #io: CliIo
  readonly #paint: Paint
  readonly #reporters: readonly Reporter[]

  constructor(options: RunOptions, io: CliIo) {
    this.#options = options
    this.#io = io
    this.#paint = wantsColour(this.#isOutTaken ? io.isErrTty : io.isOutTty, io.env) ? COLOURS : NO_PAINT
    const write = (path: string, text: string): void => this.write(path, text)
    this.#reporters = createReporters(options.reporters, { io, outputDir: options.outputDir, write })
  }

  /** True where nothing further is to be run. */
  get isOver(): boolean {
    return this.#options.bail && worst(this.codes) !== 0
  }

  async runFile(file: string, signal: AbortSignal): Promise<void> {
    let loaded: LoadedScenario
    let scenario: CheckedScenario
    try {
      loaded = await loadScenario(file, this.#io.cwd)
      scenario = resolveLoaded(loaded, this.#options.overrides)
      if (scenario.seed + (this.#options.seeds - 1) > Number.MAX_SAFE_INTEGER) {
        throw new UsageError(`--seeds: ${this.#options.seeds} seeds from ${scenario.seed} on go beyond 2^53-1`)
      }
    } catch (error) {
      this.#fail(error, file)
      for (const one of this.#reporters) one.failed?.(this.#told(file, file), undefined, describeError(error, file))
      return
    }
    for (const warning of scenario.warnings) this.#io.err(`${this.#paint('warn', '!')} ${warning}\n`)
    if (this.#options.seeds === 1) await this.#runOnce(scenario, file, signal)
    else await this.#runSeeds(scenario, file, signal)
    for (const one of this.#reporters) await one.scenarioEnded?.(this.#told(file, scenario.name))
  }

  async #runOnce(scenario: CheckedScenario, file: string, signal: AbortSignal): Promise<void> {
    const run = await this.#simulate(scenario, file, signal)
    if (run !== undefined)
      this.#print(prettyRun(run, { scenario, replay: this.#replay(file, run.seed), paint: this.#paint }))
  }

  async #runSeeds(scenario: CheckedScenario, file: string, signal: AbortSignal): Promise<void> {
    const runs: RunDocument[] = []
    for (let i = 0; i < this.#options.seeds && !signal.aborted && !this.isOver; i++) {
      const run = await this.#simulate({ ...scenario, seed: scenario.seed + i }, file, signal)
      if (run === undefined) continue
      runs.push(run)
      this.#print(seedLine(run, this.#paint))
    }
    const replay = (seed: number): string => this.#replay(file, seed)
    if (runs.length > 0) this.#print(prettySeeds(runs, { scenario, replay, paint: this.#paint }))
  }

  /** Undefined where it threw, which has been told then. */
  async #simulate(scenario: CheckedScenario, file: string, signal: AbortSignal): Promise<RunDocument | undefined> {
    const told = this.#told(file, scenario.name)
    try {
      using progress = showProgress(`${scenario.name}, seed ${scenario.seed}`, this.#io)
      const { seed } = scenario
      for (const one of this.#reporters) one.began?.(told, seed)
      const hearers = this.#reporters.filter((one) => one.event !== undefined)
      const onEvent = (event: RunEvent): void => {
        for (const one of hearers) one.event?.(told, seed, event)
      }
      const run = await this.#io.simulate(scenario, {
        signal,
        onProgress: (now) => progress.update(now),
        allTimelines: this.#options.allTimelines,
        inDetail: this.#options.keepDetail || this.#options.reporters.includes('html'),
        onEvent: hearers.length === 0 ? undefined : onEvent,
      })
      this.codes.push(codeOfRun(run))
      for (const one of this.#reporters) one.ran?.(told, run)
      const document = this.#options.keepDetail ? run : withoutDetail(run)
      if (this.#options.json !== undefined || this.#isJsonOut) this.documents.push(document)
      this.#writeReport(document, scenario)
      return document
    } catch (error) {
      this.#fail(error, file)
      for (const one of this.#reporters) one.failed?.(told, scenario.seed, describeError(error, file))
      this.#io.err(`  seed    ${scenario.seed}\n  replay  ${this.#replay(file, scenario.seed)}\n`)
      return undefined
    }
  }

  #writeReport(run: RunDocument, scenario: CheckedScenario): void {
    const { reporters, outputDir } = this.#options
    if (outputDir === undefined || !reporters.includes('json')) return
    this.write(
      join(resolve(this.#io.cwd, outputDir), `${fileName(scenario.name)}-seed-${run.seed}.json`),
      runsAsJson([run], false),
    )
  }

  /** Nothing more is run. */
  end(): void {
    for (const one of this.#reporters) one.ended?.()
  }

  write(path: string, text: string): void {
    try {
      this.#io.writeFile(path, text)
    } catch (error) {
      this.#fail(new UsageError(`${path} cannot be written: ${(error as Error).message}`))
    }
  }

  #fail(error: unknown, file?: string): void {
    this.codes.push(codeOfError(error))
    this.#io.err(describeError(error, file))
  }

  /** Standard output belongs to the JSON where that goes there. */
  get #isJsonOut(): boolean {
    return this.#options.reporters.includes('json') && this.#options.outputDir === undefined
  }

  /** So it does where another program's format goes there. */
  get #isOutTaken(): boolean {
    return isOutTaken(this.#options.reporters, this.#options.outputDir)
  }

  #told(file: string, scenario: string): Told {
    return { file, scenario, replay: (seed) => this.#replay(file, seed) }
  }

  #print(text: string): void {
    if (!this.#options.reporters.includes('pretty')) return
    if (this.#isOutTaken) this.#io.err(text)
    else this.#io.out(text)
  }

  #replay(file: string, seed: number): string {
    return commandLine(['replay', file, '--seed', String(seed), ...this.#options.replayWords], this.#io.env)
  }
}

/** What pictures are drawn from is for the reporters; who wants it in the document asks for it. */
function withoutDetail({ detail: _, ...run }: RunDocument): RunDocument {
  return run
}
