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
import { FailingSeeds } from '../running/node-failing-seeds.ts'
import { missedBy, oneOfMany } from '../running/several-seeds.ts'
import { inOrder } from '../running/workers/in-order.ts'
import { coresHere } from '../running/workers/node-worker-pool.ts'
import { type LoadedScenario, loadScenario, resolveLoaded } from '../scenario/node-load-scenario.ts'
import type { CheckedScenario } from '../scenario/resolving/resolve-scenario.ts'
import { describeOptions, type OptionTable, readArguments } from './arguments.ts'
import { codeOfError, codeOfRun, describeError, UsageError, worst } from './exit-code.ts'
import { interruptible } from './interruption.ts'
import type { CliIo, Command, Runs } from './io.ts'
import { scenarioText } from './keep-scenario.ts'
import { showProgress } from './progress.ts'
import { commandLine } from './replay-command.ts'
import { createReporters, fileName, isOutTaken } from './reporters.ts'
import { RUN_OPTIONS, RUN_OPTIONS_NOT_YET, type RunOptions, readRunOptions } from './run-options.ts'
import { watchRuns } from './watch.ts'

const OPTIONS: OptionTable = {
  ...RUN_OPTIONS,
  output: {
    value: 'FILE',
    short: 'o',
    about: 'write the scenario that is run to FILE, with the faults its seed drew; JSON where it ends so',
  },
}

export const runCommand: Command = {
  name: 'run',
  about: 'run scenarios, or service graphs and traces as they are: isotope, Jaeger, OTLP',
  async run(args, io) {
    const given = readArguments(args, OPTIONS, RUN_OPTIONS_NOT_YET)
    if (given.isOn('help')) {
      io.out(`seakeep run <files…> [options]\n\n${describeOptions(OPTIONS)}\n`)
      return 0
    }
    if (given.positionals.length === 0) throw new UsageError('no scenario is named; seakeep run sims/checkout.sim.ts')
    const options = { ...readRunOptions(given, io.cwd), output: given.value('output') }
    if (options.output !== undefined && (given.positionals.length > 1 || options.seeds > 1)) {
      throw new UsageError('--output: the scenario of one file with one seed can be written; name one, with --seed')
    }
    if (given.isOn('watch')) return await watchRuns(given.positionals, args, io)
    return await runFiles(given.positionals, options, io)
  },
}

/** Runs them all and reports; resolves to the exit code. */
export async function runFiles(files: readonly string[], options: RunOptions, io: CliIo): Promise<number> {
  await using runs = io.openRuns(Math.min(options.seeds, options.workers ?? coresHere()))
  const session = new Session(options, runs, io)
  using interruption = interruptible(io)
  for (const [i, file] of files.entries()) {
    if (interruption.signal.aborted || session.isOver) break
    const seeds = shareOf(options, i)
    if (seeds.length > 0) await session.runFile(file, seeds, interruption.signal)
  }
  session.end()
  session.keepFailing()
  if (interruption.signal.aborted) session.codes.push(130)
  const isSeveral = files.length > 1 || options.seeds > 1 || options.shard !== undefined
  if (options.json !== undefined && (isSeveral || session.documents.length > 0)) {
    session.write(resolve(io.cwd, options.json), runsAsJson(session.documents, isSeveral))
  }
  if (options.reporters.includes('json') && options.outputDir === undefined && session.documents.length > 0) {
    io.out(runsAsJson(session.documents, isSeveral))
  }
  return worst(session.codes)
}

/** Which of its seeds, counted from 0, the part asked for makes of the `file`-th scenario. */
function shareOf({ seeds, shard }: RunOptions, file: number): readonly number[] {
  const all = Array.from({ length: seeds }, (_, i) => i)
  return shard === undefined ? all : all.filter((i) => (file * seeds + i) % shard.of === shard.part - 1)
}

class Session {
  readonly codes: number[] = []
  readonly documents: RunDocument[] = []
  readonly #options: RunOptions
  readonly #runs: Runs
  readonly #io: CliIo
  readonly #paint: Paint
  readonly #reporters: readonly Reporter[]
  readonly #failing: FailingSeeds

  constructor(options: RunOptions, runs: Runs, io: CliIo) {
    this.#options = options
    this.#runs = runs
    this.#failing = new FailingSeeds(io)
    this.#io = io
    this.#paint = wantsColour(this.#isOutTaken ? io.isErrTty : io.isOutTty, io.env) ? COLOURS : NO_PAINT
    const write = (path: string, text: string): void => this.write(path, text)
    this.#reporters = createReporters(options.reporters, { io, outputDir: options.outputDir, write })
  }

  /** True where nothing further is to be run. */
  get isOver(): boolean {
    return this.#options.bail && worst(this.codes) !== 0
  }

  /** With the seeds that are so many after the scenario's own. */
  async runFile(file: string, seeds: readonly number[], signal: AbortSignal): Promise<void> {
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
    const { output, overrides } = this.#options
    if (output !== undefined) {
      this.write(resolve(this.#io.cwd, output), scenarioText(loaded, overrides, scenario.seed, output))
    }
    for (const warning of scenario.warnings) this.#io.err(`${this.#paint('warn', '!')} ${warning}\n`)
    if (this.#options.seeds === 1) await this.#runOnce(scenario, file, signal)
    else await this.#runSeeds(scenario, file, seeds, signal)
    for (const one of this.#reporters) await one.scenarioEnded?.(this.#told(file, scenario.name))
  }

  async #runOnce(scenario: CheckedScenario, file: string, signal: AbortSignal): Promise<void> {
    const run = await this.#simulate(scenario, file, signal)
    if (run !== undefined)
      this.#print(prettyRun(run, { scenario, replay: this.#replay(file, run.seed), paint: this.#paint }))
  }

  /** Those that failed the last time first; the others in order. */
  async #runSeeds(
    scenario: CheckedScenario,
    file: string,
    numbers: readonly number[],
    signal: AbortSignal,
  ): Promise<void> {
    const seeds = this.#failing.first(
      file,
      numbers.map((i) => scenario.seed + i),
    )
    const runs: RunDocument[] = []
    const documents = this.documents.length
    const all = inOrder(seeds.length, this.#runs.width, (i) =>
      this.#trySeed(scenario, file, seeds[i] as number, signal),
    )
    const told = this.#told(file, scenario.name)
    for await (const { seed, run, error } of all) {
      for (const one of this.#reporters) one.began?.(told, seed)
      if (run === undefined) this.#failSeed(error, file, seed, told)
      else if (!(signal.aborted && run.virtualMs === 0)) {
        // Of several at a time what happens is told when each is over.
        for (const one of this.#reporters) for (const event of run.events$) one.event?.(told, seed, event)
        const one = this.#book(oneOfMany(run), scenario, told)
        runs.push(one)
        this.#failing.note(file, seed, !one.passed && one.interrupted !== true)
        this.#print(seedLine(one, this.#paint))
      }
      if (signal.aborted || this.isOver) break
    }
    // Which were run first says nothing of them.
    const bySeed = (a: RunDocument, b: RunDocument): number => a.seed - b.seed
    this.documents.push(...this.documents.splice(documents).sort(bySeed))
    const replay = (seed: number): string => this.#replay(file, seed)
    // Another part may have shown it; seakeep merge sees them all.
    if (this.#options.shard === undefined && !signal.aborted) this.#tellMissed(missedBy(runs), told)
    if (runs.length > 0) this.#print(prettySeeds(runs.sort(bySeed), { scenario, replay, paint: this.#paint }))
  }

  #tellMissed(missed: readonly string[], told: Told): void {
    for (const problem of missed) {
      this.codes.push(1)
      for (const one of this.#reporters) one.missed?.(told, problem)
      this.#print(`  ${this.#paint('bad', `✗ ${problem}`)}\n`)
    }
  }

  async #trySeed(
    scenario: CheckedScenario,
    file: string,
    seed: number,
    signal: AbortSignal,
  ): Promise<{ readonly seed: number; readonly run?: RunDocument; readonly error?: unknown }> {
    const { overrides, allTimelines } = this.#options
    try {
      const job = { source: { file, cwd: this.#io.cwd }, overrides, seed, allTimelines, inDetail: this.#isDetailed }
      // Of several at a time nobody could say how far they are; their lines come as they end.
      using progress = this.#runs.width > 1 ? undefined : showProgress(`${scenario.name}, seed ${seed}`, this.#io)
      return { seed, run: await this.#runs.run(job, { signal, onProgress: (now) => progress?.update(now) }) }
    } catch (error) {
      return { seed, error }
    }
  }

  /** Keeps the seeds that failed, to run them first the next time. */
  keepFailing(): void {
    try {
      this.#failing.keep()
    } catch (error) {
      this.#io.err(`${this.#paint('warn', '!')} the failing seeds are not kept: ${(error as Error).message}\n`)
    }
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
        inDetail: this.#isDetailed,
        onEvent: hearers.length === 0 ? undefined : onEvent,
      })
      return this.#book(run, scenario, told)
    } catch (error) {
      this.#failSeed(error, file, scenario.seed, told)
      return undefined
    }
  }

  /** The document that is kept of a run. */
  #book(run: RunDocument, scenario: CheckedScenario, told: Told): RunDocument {
    this.codes.push(codeOfRun(run))
    for (const one of this.#reporters) one.ran?.(told, run)
    const document = this.#options.keepDetail ? run : withoutDetail(run)
    if (this.#options.json !== undefined || this.#isJsonOut) this.documents.push(document)
    this.#writeReport(document, scenario)
    return document
  }

  #failSeed(error: unknown, file: string, seed: number, told: Told): void {
    this.#fail(error, file)
    for (const one of this.#reporters) one.failed?.(told, seed, describeError(error, file))
    this.#io.err(`  seed    ${seed}\n  replay  ${this.#replay(file, seed)}\n`)
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

  /** Pictures are drawn of what is run, or its reader wants them. */
  get #isDetailed(): boolean {
    return this.#options.keepDetail || this.#options.reporters.includes('html')
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
