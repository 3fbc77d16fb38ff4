/**
 * `seakeep merge <files…>`: the run documents of several shards as one result, as if one machine had made them all. Each
 * seed may be there once; what was run with other policies or for another length of time is not the same experiment.
 */
import { ConfigError } from '@seakeep/core'
import { objectOf, rootPlace } from '@seakeep/core/spi'
import { parseThreshold } from '../checkers/threshold-expression.ts'
import type { RunDocument } from '../recording/run-document.ts'
import { runsAsJson } from '../reporting/json.ts'
import { prettySeeds, seedLine } from '../reporting/pretty-seeds.ts'
import { missedBy, oneOfMany } from '../running/several-seeds.ts'
import { readText } from '../scenario/node-files.ts'
import type { MetricName, ResolvedThreshold } from '../scenario/resolved-scenario.ts'
import { describeOptions, type OptionTable, readArguments } from './arguments.ts'
import { codeOfRun, UsageError, worst } from './exit-code.ts'
import type { CliIo, Command } from './io.ts'
import { paintOf, writeTo } from './policy-text.ts'

const OPTIONS: OptionTable = {
  json: { value: 'FILE', about: 'write all runs to FILE; - is standard output' },
  help: { short: 'h', about: 'show this help' },
}

export const mergeCommand: Command = {
  name: 'merge',
  about: 'the runs of several shards (run --shard i/n --json) as one result',
  async run(args, io) {
    const given = readArguments(args, OPTIONS)
    if (given.isOn('help')) {
      io.out(`seakeep merge <files…> [options]\n\n${describeOptions(OPTIONS)}\n`)
      return 0
    }
    if (given.positionals.length === 0) throw new UsageError('nothing to merge; seakeep merge shard-*.json')
    const runs = given.positionals.flatMap((file) => readRuns(file, io))
    const merged = [...groupsOf(runs).values()].flatMap((group) => group.map(({ run }) => run))
    const json = given.value('json')
    const print = (text: string): void => (json === '-' ? io.err(text) : io.out(text))
    for (const group of groupsOf(runs).values())
      print(
        textOf(
          group.map(({ run }) => run),
          io,
          json === '-',
        ),
      )
    if (json !== undefined) writeTo(json, runsAsJson(merged, true), io)
    const missed = [...groupsOf(merged.map((run) => ({ run, file: '' }))).values()].flatMap((group) =>
      missedBy(group.map(({ run }) => run)),
    )
    for (const problem of missed) print(`  ✗ ${problem}\n`)
    return worst([...merged.map(codeOfRun), ...missed.map(() => 1)])
  },
}

interface FoundRun {
  readonly run: RunDocument
  readonly file: string
}

function readRuns(path: string, io: CliIo): readonly FoundRun[] {
  const { text, file } = readText(io.cwd, path, '')
  let document: ReturnType<typeof objectOf>
  try {
    document = objectOf(JSON.parse(text))
  } catch (cause) {
    throw new ConfigError('', `${file} is no JSON: ${(cause as Error).message}`, { cause })
  }
  const found = document?.schema === 'seakeep.runs/1' ? document.runs : [document]
  if (!Array.isArray(found) || !found.every((run) => objectOf(run)?.schema === 'seakeep.run/1')) {
    throw new ConfigError('', `${file} holds no run documents of this version; seakeep run --json writes them`)
  }
  return (found as readonly RunDocument[]).map((run) => ({ run: oneOfMany(run), file }))
}

/** By scenario, each in the order of its seeds. */
function groupsOf(runs: readonly FoundRun[]): ReadonlyMap<string, readonly FoundRun[]> {
  const groups = new Map<string, FoundRun[]>()
  for (const found of runs) {
    const group = groups.get(found.run.scenario) ?? []
    const [first] = group
    const same = group.find(({ run }) => run.seed === found.run.seed)
    if (same !== undefined) {
      throw new ConfigError(
        '',
        `seed ${found.run.seed} of ${found.run.scenario} is in ${same.file} and in ${found.file}`,
      )
    }
    if (first !== undefined) refuseUnlike(first, found)
    group.push(found)
    groups.set(found.run.scenario, group)
  }
  for (const group of groups.values()) group.sort((a, b) => a.run.seed - b.run.seed)
  return groups
}

function refuseUnlike(a: FoundRun, b: FoundRun): void {
  const asked = ({ run }: FoundRun): string =>
    JSON.stringify([
      run.policiesHash,
      run.thresholds.map(({ metric, expression }) => [metric, expression]),
      (run.properties ?? []).map(({ kind, property }) => [kind, property]),
    ])
  if (asked(a) === asked(b)) return
  throw new ConfigError(
    '',
    `${a.file} and ${b.file} were run with other policies or thresholds; they are no one result`,
  )
}

function textOf(runs: readonly RunDocument[], io: CliIo, isErr: boolean): string {
  const paint = paintOf(io, !isErr)
  const [first] = runs
  if (first === undefined) return ''
  const thresholds = first.thresholds.map(({ metric, expression }): ResolvedThreshold => {
    const name = metric.slice(metric.lastIndexOf('.') + 1) as MetricName
    const subject = { kind: 'service', service: metric.slice(0, metric.lastIndexOf('.')) } as const
    return { metric, expression, name, subject, ...parseThreshold(expression, name, rootPlace(metric)) }
  })
  const scenario = { name: first.scenario, thresholds }
  const replay = (seed: number): string => `seakeep replay <the scenario’s file> --seed ${seed}`
  return runs.map((run) => seedLine(run, paint)).join('') + prettySeeds(runs, { scenario, replay, paint })
}
