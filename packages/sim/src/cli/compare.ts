/**
 * `seakeep compare <files…> --base a.yaml --head b.yaml --seeds N`: two policy documents under the same seeds. The base
 * may be a file that an earlier comparison has kept (`--save-baseline`, `--baseline`).
 */
import { join, resolve } from 'node:path'
import type { RunDocument } from '../recording/run-document.ts'
import { htmlReport, seedLine, seedsShown } from '../reporting/html.ts'
import { loadPage } from '../reporting/node-page.ts'
import type { PageRun } from '../reporting/page-data.ts'
import { baselineText, parseBaseline } from '../running/comparing/baseline.ts'
import { type Comparison, compareSides, regressions } from '../running/comparing/comparison.ts'
import { figuresOf } from '../running/comparing/figures.ts'
import { hashOfScenario, refuseUnlike, type Side, sideOf } from '../running/comparing/side.ts'
import { Tolerances } from '../running/comparing/tolerances.ts'
import { inOrder } from '../running/workers/in-order.ts'
import { coresHere } from '../running/workers/node-worker-pool.ts'
import type { RunJob } from '../running/workers/run-job.ts'
import { readText } from '../scenario/node-files.ts'
import { loadScenario, resolveLoaded } from '../scenario/node-load-scenario.ts'
import type { CheckedScenario, ScenarioOverrides } from '../scenario/resolving/resolve-scenario.ts'
import { parseSetting, type Setting } from '../scenario/set-path.ts'
import { type Arguments, describeOptions, type OptionTable, readArguments } from './arguments.ts'
import { comparisonData, comparisonText } from './compare-text.ts'
import { UsageError, worst } from './exit-code.ts'
import { interruptible } from './interruption.ts'
import type { CliIo, Command, Runs } from './io.ts'
import { asJson, paintOf, writeTo } from './policy-text.ts'
import { commandLine } from './replay-command.ts'
import { DEFAULT_REPORT_DIR, fileName, freeName } from './reporters.ts'
import { RUN_OPTIONS, type RunOptions, readRunOptions } from './run-options.ts'

const { bail: _, shard: __, watch: _w, timeline: ___, detail: ____, ...SHARED }: OptionTable = RUN_OPTIONS
const OPTIONS: OptionTable = {
  base: { value: 'FILE', about: 'policies of the base; none for no policies (default: the scenario’s own)' },
  head: { value: 'FILE', about: 'policies of the head; none for no policies (default: the scenario’s own)' },
  ...SHARED,
  seeds: { value: 'N', about: 'how many seeds both sides are run with (default 20)' },
  policies: { value: 'FILE', about: 'the same as --head' },
  'base-set': { value: 'PATH=VALUE', about: 'change one value of the base’s scenario only' },
  'head-set': { value: 'PATH=VALUE', about: 'change one value of the head’s scenario only' },
  tolerance: { value: 'FIGURE=T', about: 'how much worse is worse, as gateway.latency.p99=5% or goodput=0.005' },
  baseline: { value: 'FILE', about: 'take as base what --save-baseline has kept' },
  'save-baseline': { value: 'FILE', about: 'keep the head’s figures as a baseline' },
  json: { value: 'FILE', about: 'write the comparison as JSON to FILE; - is standard output' },
  reporter: { value: 'LIST', about: 'pretty (default), html: both sides laid over each other; both as pretty,html' },
  'output-dir': { value: 'DIR', about: 'where the HTML report is written (default: seakeep-report)' },
}
const KNOWN_REPORTERS = ['pretty', 'html']

export const compareCommand: Command = {
  name: 'compare',
  about: 'two policy documents under the same seeds: what got better or worse, and how sure that is',
  async run(args, io) {
    const given = readArguments(args, OPTIONS)
    if (given.isOn('help')) {
      io.out(`seakeep compare <files…> --base a.yaml --head b.yaml [options]\n\n${describeOptions(OPTIONS)}\n`)
      return 0
    }
    if (given.positionals.length === 0)
      throw new UsageError('no scenario is named; seakeep compare x.sim.yaml --base a.yaml --head b.yaml')
    const asked = readCompareOptions(given, io)
    await using runs = io.openRuns(asked.workers)
    return await new Comparing(asked, runs, io).run(given.positionals)
  },
}

interface CompareOptions {
  readonly run: RunOptions
  readonly seeds: number
  readonly workers: number
  /** Undefined: the base is a baseline, or there is none. */
  readonly base: SideOptions | undefined
  readonly head: SideOptions
  readonly baseline: string | undefined
  readonly saveBaseline: string | undefined
  readonly tolerances: Tolerances
  readonly json: string | undefined
  readonly reporters: readonly string[]
}

interface SideOptions {
  /** As it is called. */
  readonly name: string
  readonly policies: string | null | undefined
  readonly settings: readonly Setting[]
}

function readCompareOptions(given: Arguments, io: CliIo): CompareOptions {
  const run = readRunOptions(given, io.cwd, KNOWN_REPORTERS)
  const [base, head] = [given.value('base'), given.value('head') ?? given.value('policies')]
  if (given.value('head') !== undefined && given.value('policies') !== undefined) {
    throw new UsageError('--policies is the same as --head; give one of them')
  }
  const [baseSettings, headSettings] = [given.values('base-set'), given.values('head-set')]
  const baseline = given.value('baseline')
  const hasBase = base !== undefined || baseSettings.length > 0
  if (baseline !== undefined && hasBase) throw new UsageError('the base is --base or --baseline, not both')
  const hasHead = head !== undefined || headSettings.length > 0
  const saveBaseline = given.value('save-baseline')
  const isOnlySaved = saveBaseline !== undefined && baseline === undefined && !hasBase
  if (!isOnlySaved && baseline === undefined && !(hasBase || hasHead)) {
    throw new UsageError('there is nothing to compare; name --base and --head, or a --baseline')
  }
  if (run.reporters.includes('html') && (baseline !== undefined || isOnlySaved)) {
    throw new UsageError('--reporter html: a baseline keeps figures, of which no picture can be drawn; name --base')
  }
  const sideOptions = (policies: string | undefined, settings: readonly string[]): SideOptions => ({
    name: [policies ?? 'the scenario’s policies', ...settings].join(' with '),
    policies: policies === undefined ? undefined : policies === 'none' ? null : resolve(io.cwd, policies),
    settings: settings.map(parseSetting),
  })
  const seeds = given.value('seeds') === undefined ? 20 : run.seeds
  return {
    run,
    seeds,
    workers: Math.min(2 * seeds, run.workers ?? coresHere()),
    base: baseline !== undefined || isOnlySaved ? undefined : sideOptions(base, baseSettings),
    head: sideOptions(head, headSettings),
    baseline,
    saveBaseline,
    tolerances: new Tolerances(given.values('tolerance')),
    json: given.value('json'),
    reporters: run.reporters,
  }
}

/** The runs of both sides, with as many seeds as both have. */
interface Measured {
  readonly base: readonly RunDocument[]
  readonly head: readonly RunDocument[]
}

/** A comparison of which pictures are drawn. */
interface Drawn {
  readonly file: string
  readonly comparison: Comparison
  readonly measured: Measured
  readonly sides: Readonly<Record<'base' | 'head', SideOptions>>
  readonly again: (seed: number) => string
}

class Comparing {
  readonly #options: CompareOptions
  readonly #runs: Runs
  readonly #io: CliIo
  readonly #saved: Side[] = []
  readonly #comparisons: Comparison[] = []
  readonly #taken = new Set<string>()

  constructor(options: CompareOptions, runs: Runs, io: CliIo) {
    this.#options = options
    this.#runs = runs
    this.#io = io
  }

  async run(files: readonly string[]): Promise<number> {
    const { baseline, saveBaseline, json, head, base } = this.#options
    const kept = baseline === undefined ? undefined : readBaseline(baseline, this.#io)
    using interruption = interruptible(this.#io)
    const { signal } = interruption
    for (const file of files) {
      if (signal.aborted) break
      await this.#compareFile(file, kept, signal)
    }
    if (saveBaseline !== undefined && !signal.aborted) writeTo(saveBaseline, baselineText(this.#saved), this.#io)
    if (json !== undefined) {
      const names = { base: base?.name ?? baseline ?? null, head: head.name }
      writeTo(json, asJson(documentOf(this.#comparisons, names)), this.#io)
    }
    const isWorse = this.#comparisons.some((comparison) => regressions(comparison).length > 0)
    return worst([...(signal.aborted ? [130] : []), ...(isWorse ? [1] : [])])
  }

  async #compareFile(file: string, kept: readonly Side[] | undefined, signal: AbortSignal): Promise<void> {
    const { head, base, baseline, tolerances, run } = this.#options
    const loaded = await loadScenario(file, this.#io.cwd)
    const scenario = resolveLoaded(loaded, this.#overrides(head))
    if (base !== undefined) resolveLoaded(loaded, this.#overrides(base))
    for (const warning of scenario.warnings) this.#io.err(`! ${warning}\n`)
    const keptSide = kept === undefined ? undefined : sideNamed(scenario.name, kept, baseline ?? '')
    const { durationMs, ratePerSecond, settings } = run.overrides
    const hash = hashOfScenario([loaded.input, durationMs, ratePerSecond, settings?.filter(isOfScenario)])
    const measured = await this.#measure(file, scenario, signal)
    if (measured.head.length === 0) return
    const headSide = sideOf(scenario.name, hash, measured.head)
    this.#saved.push(headSide)
    const wholeBase = keptSide ?? (base === undefined ? undefined : sideOf(scenario.name, hash, measured.base))
    if (wholeBase === undefined) return this.#tellSaved(headSide)
    // After Ctrl-C what both sides have is compared.
    const baseSide = signal.aborted ? shared(wholeBase, headSide) : wholeBase
    refuseUnlike(baseSide, headSide, keptSide === undefined ? 'the base' : (baseline ?? ''))
    const comparison = compareSides(baseSide, headSide, (figure) => tolerances.of(figure))
    tolerances.refuseUnknown(comparison.figures.map(({ figure }) => figure))
    this.#comparisons.push(comparison)
    const names = { base: base?.name ?? baseline ?? '', head: head.name }
    const words = ['replay', file, ...this.#replayWords()]
    const again = (seed: number): string => commandLine([...words, '--seed', String(seed)], this.#io.env)
    const text = comparisonText(comparison, { names, again, paint: paintOf(this.#io), isInterrupted: signal.aborted })
    const isOutTaken = this.#options.json === '-'
    if (run.reporters.includes('pretty')) this.#tell(text, isOutTaken)
    if (!run.reporters.includes('html') || base === undefined) return
    const report = await this.#report({ file, comparison, measured, sides: { base, head }, again }, signal)
    const path = join(resolve(this.#io.cwd, run.outputDir ?? DEFAULT_REPORT_DIR), this.#freeName(scenario.name))
    writeTo(path, report, this.#io)
    this.#tell(`  report  ${path}\n`, isOutTaken)
  }

  #tell(text: string, isOutTaken: boolean): void {
    if (isOutTaken) this.#io.err(text)
    else this.#io.out(text)
  }

  /** The seed that shows most of what got worse, on both sides once more with what pictures are drawn from. */
  async #report({ file, comparison, measured, sides, again }: Drawn, signal: AbortSignal): Promise<string> {
    const seed = telling(comparison, measured)
    const pageRun = async (which: 'base' | 'head'): Promise<PageRun> => {
      const known = measured[which].find((run) => run.seed === seed) as RunDocument
      const job = {
        source: { file, cwd: this.#io.cwd },
        overrides: this.#overrides(sides[which]),
        seed,
        inDetail: true,
      }
      // After Ctrl-C nothing more is run: the pictures are then of what was kept anyway.
      const run = signal.aborted ? known : await this.#runs.run(job, { signal })
      const whole = run.interrupted === true ? known : run
      return { label: sides[which].name, run: whole, ...(which === 'head' ? { replay: again(seed) } : {}) }
    }
    const [head, base] = [await pageRun('head'), await pageRun('base')]
    const seeds = seedsShown(measured.head.map(seedLine))
    const baseSeeds = seedsShown(measured.base.map(seedLine))
    return htmlReport(await loadPage(), {
      schema: 'seakeep.report/1',
      run: head,
      base,
      ...(seeds.length > 1 ? { seeds, baseSeeds } : {}),
      comparison: comparisonData(comparison, signal.aborted),
    })
  }

  #freeName(scenario: string): string {
    return `${freeName(`${fileName(scenario)}-compared`, this.#taken)}.html`
  }

  /** The seeds of one side after the other's, so that what Ctrl-C leaves are whole pairs. */
  async #measure(file: string, scenario: CheckedScenario, signal: AbortSignal): Promise<Measured> {
    const { seeds, head, base } = this.#options
    const sides = base === undefined ? [head] : [base, head]
    const jobs = Array.from({ length: seeds }, (_, i) => scenario.seed + i).flatMap((seed) =>
      sides.map((side): RunJob => ({ source: { file, cwd: this.#io.cwd }, overrides: this.#overrides(side), seed })),
    )
    if (scenario.seed + seeds - 1 > Number.MAX_SAFE_INTEGER) throw new UsageError('--seeds: the seeds go beyond 2^53-1')
    const documents: RunDocument[] = []
    const all = inOrder(jobs.length, this.#runs.width, (i) => this.#runs.run(jobs[i] as RunJob, { signal }))
    for await (const document of all) {
      if (document.interrupted === true) break
      documents.push(document)
      this.#tellProgress(scenario.name, documents.length, jobs.length)
      if (signal.aborted) break
    }
    if (this.#io.isErrTty) this.#io.err('\r\u001b[2K')
    const whole = documents.slice(0, documents.length - (documents.length % sides.length))
    return {
      base: base === undefined ? [] : whole.filter((_, i) => i % 2 === 0),
      head: base === undefined ? whole : whole.filter((_, i) => i % 2 === 1),
    }
  }

  #tellProgress(name: string, done: number, all: number): void {
    if (this.#io.isErrTty) this.#io.err(`\r\u001b[2K  ${name}: ${done} of ${all} runs`)
  }

  #tellSaved({ scenario, runs }: Side): void {
    const text = `  ${scenario}: ${runs.length} seeds kept in ${this.#options.saveBaseline}\n`
    if (this.#options.json === '-') this.#io.err(text)
    else this.#io.out(text)
  }

  #overrides(side: SideOptions): ScenarioOverrides {
    const { overrides } = this.#options.run
    const settings = [...(overrides.settings ?? []), ...side.settings]
    return { ...overrides, policies: side.policies, settings }
  }

  /** What makes one run of the head again. */
  #replayWords(): readonly string[] {
    const { run, head } = this.#options
    const others = run.replayWords.filter((word, i, all) => word !== '--policies' && all[i - 1] !== '--policies')
    const policies =
      head.policies === undefined
        ? []
        : ['--policies', head.policies === null ? 'none' : (head.name.split(' with ')[0] ?? '')]
    return [...others, ...policies, ...head.settings.flatMap(({ text }) => ['--set', text])]
  }
}

/** The seed in which the figure that got worse first got worse most; else the first that is not identical. */
function telling(comparison: Comparison, { base, head }: Measured): number {
  const [worse] = regressions(comparison)
  const differing = head.filter(({ traceHash }, i) => traceHash !== base[i]?.traceHash)
  const [first = comparison.seeds[0] ?? 1] = differing.map(({ seed }) => seed)
  if (worse === undefined) return first
  const sign = worse.kind.better === 'more' ? 1 : -1
  const gain = (i: number): number => {
    const [before, after] = [base[i], head[i]].map((run) => run && figuresOf(run)[worse.figure])
    return typeof before === 'number' && typeof after === 'number' ? (after - before) * sign : 0
  }
  const gains = head.map((_, i) => gain(i))
  return head[gains.indexOf(Math.min(...gains))]?.seed ?? first
}

function isOfScenario({ keys }: Setting): boolean {
  return keys[0] !== 'policies'
}

function readBaseline(path: string, io: CliIo): readonly Side[] {
  const { text, file } = readText(io.cwd, path, '--baseline')
  return parseBaseline(text, file)
}

/** The side that a baseline has of a scenario. */
function sideNamed(scenario: string, sides: readonly Side[], baseline: string): Side {
  const side = sides.find((one) => one.scenario === scenario)
  if (side !== undefined) return side
  const names = sides.map((one) => one.scenario).join(', ')
  throw new UsageError(`${scenario} cannot be compared with ${baseline}: it is of another scenario, ${names || 'none'}`)
}

function shared(base: Side, head: Side): Side {
  const seeds = new Set(head.runs.map(({ seed }) => seed))
  return { ...base, runs: base.runs.filter(({ seed }) => seeds.has(seed)) }
}

function documentOf(
  comparisons: readonly Comparison[],
  names: { readonly base: string | null; readonly head: string },
): unknown {
  return {
    schema: 'seakeep.compare/1',
    ...names,
    passed: comparisons.every((one) => regressions(one).length === 0),
    comparisons: comparisons.map(({ scenario, seeds, identical, figures }) => ({
      scenario,
      seeds,
      identical,
      figures: figures.map(({ figure, base, head, difference, better, equal, verdict, tolerance }) => ({
        figure,
        base,
        head,
        difference: difference?.median ?? null,
        interval: difference === undefined ? null : [difference.low, difference.high],
        confidence: difference?.confidence ?? null,
        pairs: difference?.pairs ?? 0,
        better,
        equal,
        tolerance,
        verdict,
      })),
    })),
  }
}
