/** What `run` and `replay` are asked: read once, into numbers, and kept as words for the replay command. */
import { resolve } from 'node:path'
import { duration, integer, number, type Place, rootPlace } from '@seakeep/core/spi'
import { readSeed } from '../scenario/fields.ts'
import type { ScenarioOverrides } from '../scenario/resolving/resolve-scenario.ts'
import { parseSetting } from '../scenario/set-path.ts'
import type { Arguments, OptionTable } from './arguments.ts'
import { UsageError } from './exit-code.ts'
import { REPORTERS, readReporters } from './reporters.ts'

export const RUN_OPTIONS: OptionTable = {
  seed: { value: 'S', about: 'the seed all chance follows from (default: the scenario’s, else 1)' },
  seeds: { value: 'N', about: 'run N seeds, from the seed on; fails if one does' },
  workers: { value: 'K', about: 'threads that seeds are run on (default: the cores there are)' },
  shard: { value: 'I/N', about: 'run the I-th of N parts of the seeds, as 2/4; seakeep merge puts them together' },
  policies: { value: 'FILE', about: 'govern by this policy document instead of the scenario’s; none for no policies' },
  duration: { value: 'D', about: 'length of the run in virtual time, as 30s' },
  rate: { value: 'R', about: 'calls a second, for a bare topology' },
  set: { value: 'PATH=VALUE', about: 'change one value of the scenario, as topology.payments.concurrency=8' },
  invariants: { value: 'LIST', about: 'check invariants beside the scenario’s: all, or some as deadline,noCallToDead' },
  swarm: { about: 'each seed draws faults of its own, beside the scenario’s' },
  json: { value: 'FILE', about: 'write the run document, or all of them, to FILE' },
  reporter: { value: 'LIST', about: 'pretty (default), json, ndjson, junit, github, html; several as pretty,html' },
  'output-dir': { value: 'DIR', about: 'where reporters write (default: standard output; html: seakeep-report)' },
  detail: { about: 'keep what the HTML report draws in the run document (seakeep report draws it later)' },
  timeline: { value: 'all', about: 'keep the timeline of every service in the run document' },
  watch: { short: 'w', about: 'run again whenever a scenario, or what lies beside it, changes' },
  bail: { about: 'stop at the first run that does not pass' },
  help: { short: 'h', about: 'show this help' },
}

/** What the contract has and this version has not. */
export const RUN_OPTIONS_NOT_YET: readonly string[] = ['until-failure', 'filter', 'trace']

export interface RunOptions {
  readonly overrides: ScenarioOverrides
  /** How many seeds each scenario is run with. */
  readonly seeds: number
  /** Undefined: as many as there are cores. */
  readonly workers: number | undefined
  readonly shard: Shard | undefined
  readonly json: string | undefined
  readonly reporters: readonly string[]
  readonly outputDir: string | undefined
  readonly allTimelines: boolean
  /** The documents that are written have their `detail`. */
  readonly keepDetail: boolean
  readonly bail: boolean
  /** Where the scenario that is run is written to. */
  readonly output?: string | undefined
  /** The options that change a run, but for the seed, as words of a command line. */
  readonly replayWords: readonly string[]
}

export function readRunOptions(args: Arguments, cwd: string, reporters: readonly string[] = REPORTERS): RunOptions {
  const policies = args.value('policies')
  const invariants = args.value('invariants')
  const words = ['policies', 'duration', 'rate', 'invariants'].flatMap((option) => {
    const value = args.value(option)
    return value === undefined ? [] : [`--${option}`, value]
  })
  if (args.isOn('swarm')) words.push('--swarm')
  const settings = args.values('set').map(parseSetting)
  const shard = readShard(args.value('shard'))
  return {
    overrides: {
      seed: readSeedOption(args.value('seed')),
      durationMs: read(args, 'duration', duration({ above: 0 }), durationWord),
      ratePerSecond: read(args, 'rate', number({ above: 0, max: 1e6 }), Number),
      policies: policies === undefined ? undefined : policies === 'none' ? null : resolve(cwd, policies),
      settings,
      ...(args.isOn('swarm') ? { swarm: true } : {}),
      ...(invariants === undefined ? {} : { invariants: invariants === 'all' ? 'all' : invariants.split(',') }),
    },
    seeds: readSeeds(args) ?? 1,
    workers: readWorkers(args),
    shard,
    json: args.value('json'),
    reporters: readReporters(args.value('reporter') ?? 'pretty', args.value('output-dir'), reporters),
    outputDir: args.value('output-dir'),
    allTimelines: readTimeline(args.value('timeline')),
    keepDetail: args.isOn('detail'),
    bail: args.isOn('bail'),
    replayWords: [...words, ...settings.flatMap(({ text }) => ['--set', text])],
  }
}

interface Reader<T> {
  resolve(input: unknown, at: Place): T
}

function read<T>(args: Arguments, option: string, field: Reader<T>, word: (text: string) => unknown): T | undefined {
  const text = args.value(option)
  return text === undefined ? undefined : field.resolve(word(text), rootPlace(`--${option}`))
}

/** On a command line a plain number is text, too; it means milliseconds as everywhere. */
function durationWord(text: string): unknown {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : text
}

/** One of `of` parts, counted from 1. */
export interface Shard {
  readonly part: number
  readonly of: number
}

export function readWorkers(args: Arguments): number | undefined {
  return read(args, 'workers', integer({ min: 1, max: 1024 }), Number)
}

export function readSeeds(args: Arguments): number | undefined {
  return read(args, 'seeds', integer({ min: 1, max: 1e6 }), Number)
}

function readShard(text: string | undefined): Shard | undefined {
  if (text === undefined) return undefined
  const [, part, of] = /^(\d+)\/(\d+)$/.exec(text) ?? []
  const shard = { part: Number(part), of: Number(of) }
  if (shard.part >= 1 && shard.part <= shard.of) return shard
  throw new UsageError(`--shard: ${text} is no part; I/N with I from 1 to N, as 2/4`)
}

export function readSeedOption(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const seed = readSeed(/^\d+$/.test(text) ? Number(text) : text)
  if (seed === undefined)
    throw new UsageError(`--seed: ${text} is no seed; an integer from 0 to 2^53-1 (0x… is read, too)`)
  return seed
}

function readTimeline(which: string | undefined): boolean {
  if (which !== undefined && which !== 'all') throw new UsageError(`--timeline: ${which} is not known; all`)
  return which === 'all'
}
