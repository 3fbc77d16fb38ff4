/**
 * `seakeep shrink <file> --seed S -o small.sim.yaml`: the smallest scenario that still fails with this seed, in the same
 * way. What is written is run once more from its own text before it is handed out.
 */
import { extname } from 'node:path'
import { duration, durationText, objectOf, rootPlace } from '@seakeep/core/spi'
import { parse, stringify } from 'yaml'
import type { RunDocument } from '../recording/run-document.ts'
import { count, lengthOfTime } from '../reporting/figures.ts'
import { table } from '../reporting/table.ts'
import { lengthOf } from '../running/shrinking/cuts.ts'
import { type Failure, failureOf, type RunOutcome } from '../running/shrinking/failure.ts'
import { faultsOf, kindIn, serviceNames, type Tree, workloadsOf } from '../running/shrinking/scenario-tree.ts'
import { shrink } from '../running/shrinking/shrink.ts'
import { coresHere } from '../running/workers/node-worker-pool.ts'
import { loadScenario, resolveLoaded } from '../scenario/node-load-scenario.ts'
import { scenarioAsData } from '../scenario/resolving/resolve-scenario.ts'
import { type Arguments, describeOptions, type OptionTable, readArguments } from './arguments.ts'
import { UsageError } from './exit-code.ts'
import { interruptible } from './interruption.ts'
import type { CliIo, Command, Runs } from './io.ts'
import { paintOf, writeTo } from './policy-text.ts'
import { commandLine } from './replay-command.ts'
import { RUN_OPTIONS, readRunOptions } from './run-options.ts'

const {
  seeds: _,
  bail: __,
  shard: ___,
  watch: _w,
  timeline: ____,
  reporter: _r,
  'output-dir': _o,
  json: _j,
  detail: _detail,
  ...SHARED
}: OptionTable = RUN_OPTIONS
const OPTIONS: OptionTable = {
  ...SHARED,
  output: {
    value: 'FILE',
    short: 'o',
    about: 'write the scenario to FILE, as JSON where it ends so (default: standard output)',
  },
  threshold: { value: 'METRIC', about: 'the failure to keep, as gateway.goodput (default: the first)' },
  budget: { value: 'D', about: 'stop after this much real time with the smallest so far (default 60s)' },
}

export const shrinkCommand: Command = {
  name: 'shrink',
  about: 'the smallest scenario that still fails with a seed',
  async run(args, io) {
    const given = readArguments(args, OPTIONS)
    if (given.isOn('help')) {
      io.out(`seakeep shrink <file> --seed S -o small.sim.yaml [options]\n\n${describeOptions(OPTIONS)}\n`)
      return 0
    }
    const [file, ...more] = given.positionals
    if (file === undefined || more.length > 0)
      throw new UsageError('shrink takes one scenario, as seakeep shrink x.sim.yaml --seed 7 -o small.sim.yaml')
    return await shrinkFile(file, given, io)
  },
}

async function shrinkFile(file: string, given: Arguments, io: CliIo): Promise<number> {
  const { overrides, workers } = readRunOptions(given, io.cwd)
  const budgetMs = duration({ above: 0, default: '60s' }).resolve(given.value('budget'), rootPlace('--budget'))
  const output = given.value('output')
  const loaded = await loadScenario(file, io.cwd)
  const scenario = resolveLoaded(loaded, overrides)
  const threshold = given.value('threshold')
  if (threshold !== undefined && !scenario.thresholds.some(({ metric }) => metric === threshold)) {
    const metrics = [...new Set(scenario.thresholds.map(({ metric }) => metric))].join(', ')
    throw new UsageError(`--threshold: the scenario has none of ${threshold}; it has ${metrics || 'none'}`)
  }
  const { seed } = scenario
  const whole: Tree = { ...scenarioAsData(loaded.input, { ...loaded, overrides }), seed }
  await using runs = io.openRuns(workers ?? coresHere())
  using interruption = interruptible(io)
  const endMs = io.wallNow() + budgetMs
  const late = new AbortController()
  const clock = setTimeout(() => late.abort(), budgetMs)
  const signal = AbortSignal.any([interruption.signal, late.signal])
  const run = async (data: Tree, ending: AbortSignal | undefined): Promise<RunOutcome> =>
    await tried(data, seed, loaded.baseDir, runs, ending)
  try {
    const startedMs = io.wallNow()
    const first = await run(whole, interruption.signal)
    const failure = failureOf(first, threshold)
    if (failure === undefined) throw nothingToShrink(file, seed, first, threshold)
    const shrunk = await shrink(whole, {
      failure,
      width: runs.width,
      run: (data) => run(data, signal),
      isOver: () => signal.aborted || io.wallNow() >= endMs,
      onSmaller: (data, step) => tellProgress(data, step, io),
    })
    if (io.isErrTty) io.err(ERASE_LINE)
    const text = textOf(shrunk.data, output, { file, seed, failure })
    const last = await run(parse(text) as Tree, undefined)
    if (!failure.isIn(last)) throw new Error('the scenario that was written does not fail as the one that was found')
    if (output === undefined) io.out(text)
    else writeTo(output, text, io)
    const summary = summaryOf(whole, shrunk.data, {
      title: `${file}, seed ${seed}: ${failure.text}`,
      took: `${count(shrunk.runs)} runs in ${lengthOfTime(io.wallNow() - startedMs)}`,
      ending: shrunk.isMinimal
        ? ''
        : interruption.signal.aborted
          ? ', interrupted'
          : `, stopped at ${durationText(budgetMs)}`,
      last: 'run' in last ? last.run : undefined,
      replay: output === undefined ? undefined : commandLine(['replay', output, '--seed', String(seed)], io.env),
      output,
      io,
    })
    if (output === undefined) io.err(summary)
    else io.out(summary)
    return interruption.signal.aborted ? 130 : 0
  } finally {
    clearTimeout(clock)
  }
}

const ERASE_LINE = '\r\u001b[2K'

async function tried(
  data: Tree,
  seed: number,
  baseDir: string,
  runs: Runs,
  signal: AbortSignal | undefined,
): Promise<RunOutcome> {
  try {
    const source = { input: data, baseDir, name: String(data.name), isBare: false }
    return { run: await runs.run({ source, overrides: {}, seed }, { signal }) }
  } catch (error) {
    return { error }
  }
}

function nothingToShrink(file: string, seed: number, outcome: RunOutcome, threshold: string | undefined): UsageError {
  const all = 'run' in outcome ? outcome.run.thresholds.length + (outcome.run.properties ?? []).length : 0
  const why =
    threshold !== undefined ? `${threshold} holds` : all === 0 ? 'it has no thresholds' : `all ${all} thresholds hold`
  return new UsageError(`${file} does not fail with seed ${seed}: ${why}; there is nothing to shrink`)
}

function tellProgress(data: Tree, step: string, io: CliIo): void {
  if (!io.isErrTty) return
  const { faults, services, instances } = sizeOf(data)
  io.err(`${ERASE_LINE}  ${step}: ${faults} faults, ${services} services, ${instances} instances`)
}

function textOf(
  data: Tree,
  output: string | undefined,
  { file, seed, failure }: { readonly file: string; readonly seed: number; readonly failure: Failure },
): string {
  if (output !== undefined && extname(output) === '.json') return `${JSON.stringify(data, undefined, 2)}\n`
  const [first] = failure.text.split('\n')
  return `# Fails with seed ${seed}: ${first}\n# From ${file}, by seakeep shrink.\n${stringify(data)}`
}

interface Size {
  readonly faults: number
  readonly services: number
  readonly instances: number
  readonly lengthMs: number
  readonly load: string
}

function sizeOf(data: Tree): Size {
  const services = Object.values(objectOf(data.topology) ?? {}).map((one) => objectOf(one))
  const instances = services.reduce((sum, service) => sum + instancesOf(service), 0)
  return {
    faults: faultsOf(data).length,
    services: serviceNames(data).length,
    instances,
    lengthMs: lengthOf(data.duration, 60_000),
    load: workloadsOf(data).map(loadOf).join(', '),
  }
}

function instancesOf(service: Readonly<Record<string, unknown>> | undefined): number {
  const versions = Object.values(objectOf(service?.versions) ?? {})
  if (versions.length > 0) return versions.reduce<number>((sum, one) => sum + Number(objectOf(one)?.replicas ?? 1), 0)
  return Number(service?.replicas ?? 1)
}

function loadOf(workload: Tree): string {
  const kind = kindIn(workload)
  const options = objectOf(workload[kind])
  if (kind === 'closedLoop') return `${options?.clients} users`
  const rate = options?.rate ?? options?.mean
  return rate === undefined ? kind : `${rate}/s`
}

interface Summary {
  readonly title: string
  readonly took: string
  readonly ending: string
  readonly last: RunDocument | undefined
  readonly replay: string | undefined
  readonly output: string | undefined
  readonly io: CliIo
}

function summaryOf(whole: Tree, small: Tree, { title, took, ending, last, replay, output, io }: Summary): string {
  const paint = paintOf(io, output !== undefined)
  const [before, after] = [sizeOf(whole), sizeOf(small)]
  const row = (name: string, from: string, to: string): string[] => [name, from, from === to ? '' : `-> ${to}`]
  const rows = [
    row('faults', count(before.faults), count(after.faults)),
    row('services', count(before.services), count(after.services)),
    row('instances', count(before.instances), count(after.instances)),
    row('time', durationText(before.lengthMs), durationText(after.lengthMs)),
    row('load', before.load, after.load),
  ]
  const left = faultsOf(small).map((fault) => `  ${paint('dim', 'fault')}   ${faultText(fault)}`)
  const noFault = before.faults > 0 && left.length === 0 ? ['  no fault is needed for it'] : []
  const label = (text: string): string => paint('dim', text.padEnd(6))
  return `${[
    ` ${paint('strong', title)}`,
    '',
    table([{ title: '' }, { title: '', align: 'right' }, { title: '' }], rows, paint, '    '),
    '',
    ...left,
    ...noFault,
    `  ${label('took')}  ${took}${ending}`,
    ...(last === undefined ? [] : [`  ${label('trace')}  ${last.traceHash}`]),
    ...(output === undefined ? [] : [`  ${label('wrote')}  ${output}`]),
    ...(replay === undefined ? [] : [`  ${label('replay')}  ${replay}`]),
  ].join('\n')}\n`
}

/** `at 2m slow payments, add 800ms, ratio 0.5, for 90s`. */
function faultText(fault: Tree): string {
  const kind = kindIn(fault)
  const { target, ...options } = objectOf(fault[kind]) ?? {}
  const words = Object.entries(options).map(([key, value]) => `${key} ${value}`)
  return [`at ${fault.at} ${kind}${target === undefined ? '' : ` ${target}`}`, ...words].join(', ')
}
