/**
 * `seakeep explain <file> --seed S [--call id] [--worst n]`: why calls ended as they did. The run is made again with the
 * stories of its calls kept; `--set` and `--policies` are what is asked about: the same seed once more with that one
 * change, and the same calls beside each other.
 */
import { resolve } from 'node:path'
import { duration, integer, rootPlace } from '@seakeep/core/spi'
import type { CallStory } from '../recording/call-story.ts'
import { decidingFields } from '../recording/deciding-fields.ts'
import { Diary } from '../recording/diary.ts'
import type { RunDocument } from '../recording/run-document.ts'
import { lengthOfTime, percent } from '../reporting/figures.ts'
import { causesOf } from '../running/explaining/causes.ts'
import { Reach } from '../running/explaining/reach.ts'
import { stepsOf } from '../running/explaining/steps.ts'
import { type LoadedScenario, loadScenario, resolveLoaded } from '../scenario/node-load-scenario.ts'
import type { CheckedScenario, ScenarioOverrides } from '../scenario/resolving/resolve-scenario.ts'
import { parseSetting } from '../scenario/set-path.ts'
import { type Arguments, describeOptions, type OptionTable, readArguments } from './arguments.ts'
import { UsageError } from './exit-code.ts'
import { countText, type ExplainedCall, explainedText } from './explain-text.ts'
import { interruptible } from './interruption.ts'
import type { CliIo, Command, RunProgress } from './io.ts'
import { asJson, paintOf, writeTo } from './policy-text.ts'
import { showProgress } from './progress.ts'
import { commandLine } from './replay-command.ts'
import { readSeedOption } from './run-options.ts'

const OPTIONS: OptionTable = {
  seed: { value: 'S', about: 'the seed of the run (default: the scenario’s, else 1)' },
  call: { value: 'ID', about: 'explain this call, as client-17' },
  worst: { value: 'N', about: 'explain the N worst: failed or late ones first, the longest of them (default 1)' },
  base: { value: 'FILE', about: 'the policies the run had instead of the scenario’s; none for no policies' },
  'base-set': { value: 'PATH=VALUE', about: 'what the run had changed, as its --set' },
  policies: { value: 'FILE', about: 'what if: the same seed with these policies' },
  set: { value: 'PATH=VALUE', about: 'what if: the same seed with this one value changed' },
  duration: { value: 'D', about: 'length of the run in virtual time' },
  json: { value: 'FILE', about: 'write it as JSON to FILE; - is standard output' },
  help: { short: 'h', about: 'show this help' },
}

export const explainCommand: Command = {
  name: 'explain',
  about: 'why calls ended as they did: each decision, the fault behind it, the policy lines',
  async run(args, io) {
    const given = readArguments(args, OPTIONS)
    if (given.isOn('help')) {
      io.out(`seakeep explain <file> --seed S [--call id | --worst n] [options]\n\n${describeOptions(OPTIONS)}\n`)
      return 0
    }
    const [file, ...more] = given.positionals
    if (file === undefined || more.length > 0)
      throw new UsageError('explain takes one scenario, as seakeep explain x.sim.yaml --seed 7 --worst 3')
    return await explain(file, given, io)
  },
}

interface Told {
  readonly scenario: CheckedScenario
  readonly run: RunDocument
  readonly diary: Diary
  /** Calls that were not good, by the fault most to blame; undefined for none. */
  readonly blamed: ReadonlyMap<string | undefined, number>
}

async function explain(file: string, given: Arguments, io: CliIo): Promise<number> {
  const worst =
    given.value('worst') === undefined ? 1 : WORST.resolve(Number(given.value('worst')), rootPlace('--worst'))
  const asked = given.values('call')
  if (asked.length > 0 && given.value('worst') !== undefined)
    throw new UsageError('--call and --worst exclude each other')
  const loaded = await loadScenario(file, io.cwd)
  const base = overridesOf(given, 'base', 'base-set', io)
  using interruption = interruptible(io)
  const calls = asked.length === 0 ? undefined : new Set(asked)
  const told = await tell(loaded, base, { calls, worst: Math.max(worst, asked.length) }, interruption.signal, io)
  const missed = asked.find((id) => !told.diary.kept.some((story) => story.id === id))
  if (missed !== undefined) throw noSuchCall(missed, told.scenario)
  const change = overridesOf(given, 'policies', 'set', io)
  const isAsking = given.value('policies') !== undefined || given.values('set').length > 0
  const explained = told.diary.kept.map((story) => explainedCall(story, told))
  const otherwise =
    !isAsking || interruption.signal.aborted || explained.length === 0
      ? undefined
      : await tell(
          loaded,
          merged(base, change),
          { calls: new Set(told.diary.kept.map(({ id }) => id)), worst: explained.length },
          interruption.signal,
          io,
        )
  const paint = paintOf(io, given.value('json') !== '-')
  const again = (id: string): string =>
    commandLine(['explain', file, '--seed', String(told.run.seed), '--call', id, ...wordsOf(given)], io.env)
  const text = [
    countText(told, asked.length > 0, paint),
    ...explained.map((one) => explainedText(one, told.run, again(one.story.id), paint)),
    ...(otherwise === undefined ? [] : [whatIfText(told, otherwise, given)]),
  ].join('\n')
  const json = given.value('json')
  if (json === '-') io.err(text)
  else io.out(text)
  if (json !== undefined) writeTo(json, asJson(documentOf(explained, told, otherwise)), io)
  return interruption.signal.aborted ? 130 : 0
}

const WORST = integer({ min: 1, max: 1000 })

async function tell(
  loaded: LoadedScenario,
  overrides: ScenarioOverrides,
  keep: { readonly calls: ReadonlySet<string> | undefined; readonly worst: number },
  signal: AbortSignal,
  io: CliIo,
): Promise<Told> {
  const scenario = resolveLoaded(loaded, overrides)
  const reach = new Reach(scenario)
  const blamed = new Map<string | undefined, number>()
  const diary = new Diary({
    ...keep,
    fromUs: scenario.warmupMs * 1000,
    onBad(story) {
      const label = causesOf(story, { faults: scenario.faults, reach, events: [] })[0]?.fault.label
      blamed.set(label, (blamed.get(label) ?? 0) + 1)
    },
  })
  using progress = showProgress(`${scenario.name}, seed ${scenario.seed}`, io)
  const onProgress = (now: RunProgress): void => progress.update(now)
  const run = await io.simulate(scenario, { signal, diary, onProgress })
  if (keep.calls !== undefined || diary.kept.length === 0 || signal.aborted) return { scenario, run, diary, blamed }
  // Now that the worst are known, they are told once more with what was decided of them.
  const calls = new Set(diary.kept.map(({ id }) => id))
  const again = new Diary({ calls, worst: calls.size, fromUs: 0 })
  const { traceHash } = await io.simulate(scenario, { signal, diary: again, onProgress })
  const isSame = traceHash === run.traceHash && again.kept.length === calls.size
  if (isSame)
    diary.kept.splice(
      0,
      calls.size,
      ...diary.kept.map(({ id }) => again.kept.find((one) => one.id === id) as CallStory),
    )
  return { scenario, run, diary, blamed }
}

function explainedCall(story: CallStory, { scenario, run }: Told): ExplainedCall {
  const context = { faults: scenario.faults, reach: new Reach(scenario), events: run.events$ }
  return {
    story,
    causes: causesOf(story, context),
    steps: stepsOf(story, run.events$),
    fields: decidingFields(story, scenario.policies),
  }
}

function overridesOf(given: Arguments, policies: string, set: string, io: CliIo): ScenarioOverrides {
  const path = given.value(policies)
  const length = given.value('duration')
  return {
    seed: readSeedOption(given.value('seed')),
    durationMs: length === undefined ? undefined : duration({ above: 0 }).resolve(length, rootPlace('--duration')),
    policies: path === undefined ? undefined : path === 'none' ? null : resolve(io.cwd, path),
    settings: given.values(set).map(parseSetting),
  }
}

function merged(base: ScenarioOverrides, change: ScenarioOverrides): ScenarioOverrides {
  return {
    ...base,
    policies: change.policies === undefined ? base.policies : change.policies,
    settings: [...(base.settings ?? []), ...(change.settings ?? [])],
  }
}

/** The options that make the same run, as words. */
function wordsOf(given: Arguments): readonly string[] {
  const one = (option: string): readonly string[] => given.values(option).flatMap((value) => [`--${option}`, value])
  return [...one('base'), ...one('base-set'), ...one('duration')]
}

function noSuchCall(id: string, { workloads }: CheckedScenario): UsageError {
  const names = workloads.map(({ callerName, arrivals }) =>
    arrivals.kind === 'closed' ? `${callerName}-1.1 (the first call of the first user)` : `${callerName}-1`,
  )
  return new UsageError(`--call: no call ${id} has ended in this run; calls are named ${names.join(', ')} and so on`)
}

function whatIfText(told: Told, otherwise: Told, given: Arguments): string {
  const change = [
    ...(given.value('policies') === undefined ? [] : [`--policies ${given.value('policies')}`]),
    ...given.values('set').map((text) => `--set ${text}`),
  ].join(' ')
  const lines = [`  WHAT IF ${change}, the same seed`]
  for (const story of told.diary.kept) {
    const other = otherwise.diary.kept.find(({ id }) => id === story.id)
    const text =
      other === undefined
        ? 'is not made'
        : `${other.ending} after ${lengthOfTime((other.endedUs - other.offeredUs) / 1000)}`
    const before = `${story.ending} after ${lengthOfTime((story.endedUs - story.offeredUs) / 1000)}`
    lines.push(`    ${story.id}  ${before} -> ${text}`)
  }
  for (const [name, one] of Object.entries(told.run.workload)) {
    const other = otherwise.run.workload[name]
    const times = `p99 ${lengthOfTime(one.latencyMs.p99)} -> ${lengthOfTime(other?.latencyMs.p99)}`
    lines.push(`    ${name}  goodput ${percent(one.goodput)} -> ${percent(other?.goodput)}, ${times}`)
  }
  return `${lines.join('\n')}\n`
}

function documentOf(explained: readonly ExplainedCall[], told: Told, otherwise: Told | undefined): unknown {
  const ended = (story: CallStory | undefined): unknown =>
    story === undefined
      ? null
      : { ending: story.ending, tookMs: (story.endedUs - story.offeredUs) / 1000, good: story.isGood }
  return {
    schema: 'seakeep.explain/1',
    scenario: told.run.scenario,
    seed: told.run.seed,
    traceHash: told.run.traceHash,
    blamed: [...told.blamed].map(([fault = null, calls]) => ({ fault, calls })),
    calls: explained.map(({ story, causes, steps, fields }) => ({
      id: story.id,
      atMs: story.offeredUs / 1000,
      ...(ended(story) as object),
      causes: causes.map(({ fault, costMs, isDirect }) => ({
        fault: fault.label,
        atMs: fault.atMs,
        costMs,
        direct: isDirect,
      })),
      steps: steps.map(({ atUs, ...step }) => ({ atMs: atUs / 1000, ...step })),
      decidedBy: fields,
      ...(otherwise && { otherwise: ended(otherwise.diary.kept.find(({ id }) => id === story.id)) }),
    })),
  }
}
