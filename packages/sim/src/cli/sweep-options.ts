/** What `sweep` is asked, read once and checked before the first run. */
import { integer, rootPlace } from '@seakeep/core/spi'
import { type Bound, parseBound, requireKind } from '../running/sweeping/goal.ts'
import { type Axis, drawn, grid, type Point, parseAxis } from '../running/sweeping/space.ts'
import type { Objective } from '../running/sweeping/sweep.ts'
import { coresHere } from '../running/workers/node-worker-pool.ts'
import { loadScenario, resolveLoaded } from '../scenario/node-load-scenario.ts'
import { policiesAsData } from '../scenario/resolving/resolve-policies.ts'
import type { CheckedScenario, ScenarioOverrides } from '../scenario/resolving/resolve-scenario.ts'
import { withSetting } from '../scenario/set-path.ts'
import type { Arguments, OptionTable } from './arguments.ts'
import { UsageError } from './exit-code.ts'
import type { CliIo } from './io.ts'
import { RUN_OPTIONS, readRunOptions } from './run-options.ts'

const {
  bail: _b,
  shard: _s,
  watch: _w,
  timeline: _t,
  reporter: _r,
  'output-dir': _o,
  detail: _detail,
  ...SHARED
}: OptionTable = RUN_OPTIONS
export const SWEEP_OPTIONS: OptionTable = {
  vary: { value: 'PATH=VALUES', about: 'a field and its values: path=1..4, path=100ms..2s, path=1..9:2, path=a,b,c' },
  random: { value: 'N', about: 'draw N combinations instead of trying all' },
  objective: {
    value: 'FIGURE',
    about: 'what is to be better, as gateway.goodput (default: goodput of the first workload)',
  },
  'subject-to': { value: 'BOUND', about: 'what must hold with every seed, as gateway.latency.p99<500ms' },
  suggest: { about: 'look for a policy document for this traffic and these bounds' },
  output: { value: 'FILE', short: 'o', about: 'with --suggest: write the document to FILE (default: standard output)' },
  ...SHARED,
  seeds: { value: 'N', about: 'how many seeds each combination is run with (default 5)' },
  json: { value: 'FILE', about: 'write it as JSON to FILE; - is standard output' },
}

export interface Sweep {
  readonly file: string
  readonly scenario: CheckedScenario
  readonly overrides: ScenarioOverrides
  readonly axes: readonly Axis[]
  readonly points: readonly Point[]
  readonly objectives: readonly Objective[]
  readonly bounds: readonly Bound[]
  readonly seeds: number
  readonly workers: number
  readonly json: string | undefined
}

export async function readSweep(file: string, given: Arguments, io: CliIo): Promise<Sweep> {
  const { overrides, seeds, workers, json } = readRunOptions(given, io.cwd)
  const loaded = await loadScenario(file, io.cwd)
  const scenario = resolveLoaded(loaded, overrides)
  const document =
    overrides.policies === undefined ? (loaded.input as { policies?: unknown }).policies : overrides.policies
  const policies = policiesAsData(document ?? undefined, loaded.baseDir)
  const axes = given.values('vary').map((text) => parseAxis(text, policies))
  if (given.isOn('suggest')) {
    if (axes.length > 0) throw new UsageError('--suggest varies what it sees fit; leave --vary out')
  } else if (axes.length === 0) {
    throw new UsageError('nothing is varied; --vary policies.targets.payments.retry.maxAttempts=1..4')
  }
  // A slip in a path is told before the first run.
  for (const { settings } of axes) {
    const [first] = settings
    if (first !== undefined) withSetting({ ...(loaded.input as object), policies }, first)
  }
  const random = given.value('random')
  const count =
    random === undefined ? undefined : integer({ min: 1, max: 1e6 }).resolve(Number(random), rootPlace('--random'))
  const [firstWorkload] = scenario.workloads
  const named = given.values('objective')
  const own = [`${firstWorkload?.id}.goodput`, ...(given.isOn('suggest') ? [`${firstWorkload?.id}.latency.p99`] : [])]
  const figures = named.length > 0 ? named : own
  const bounds = given.values('subject-to').map(parseBound)
  const amount = given.value('seeds') === undefined ? 5 : seeds
  return {
    file,
    scenario,
    overrides,
    axes,
    points: count === undefined ? grid(axes) : drawn(axes, count, scenario.seed),
    objectives: figures.map((figure) => ({ figure, kind: requireKind(figure, '--objective') })),
    bounds,
    seeds: amount,
    workers: workers ?? coresHere(),
    json,
  }
}
