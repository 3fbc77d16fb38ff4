/**
 * `seakeep demo [preset]`: a built-in story, told by running one scenario under several policies. Nothing is shown that
 * was not measured just now; each side can be run again alone, with the full report. `seakeep demo smoke` runs a pack.
 */
import { resolve } from 'node:path'
import { didYouMean, durationText } from '@seakeep/core/spi'
import type { RunDocument } from '../recording/run-document.ts'
import { type ComparedBy, comparedTimelines, comparisonHead, comparisonRow } from '../reporting/comparison.ts'
import { count, lengthOfTime, roughly } from '../reporting/figures.ts'
import { runsAsJson } from '../reporting/json.ts'
import { COLOURS, NO_PAINT, type Paint, wantsColour } from '../reporting/paint.ts'
import { prettyRun } from '../reporting/pretty.ts'
import { type LoadedScenario, loadScenario, resolveLoaded } from '../scenario/node-load-scenario.ts'
import type { CheckedScenario } from '../scenario/resolving/resolve-scenario.ts'
import { type Arguments, describeOptions, type OptionTable, readArguments } from './arguments.ts'
import { runPack } from './demo-pack.ts'
import { UsageError } from './exit-code.ts'
import { interruptible } from './interruption.ts'
import type { CliIo, Command } from './io.ts'
import { PACKS, type Pack } from './packs.ts'
import { PRESETS, type Preset, type Side } from './presets.ts'
import { showProgress } from './progress.ts'
import { commandLine } from './replay-command.ts'
import { readSeedOption } from './run-options.ts'
import { STORY_GROUPS } from './stories.ts'

const OPTIONS: OptionTable = {
  list: { about: 'list the stories and packs there are' },
  seed: { value: 'S', about: 'the seed all chance follows from (default 1)' },
  only: { value: 'SIDE', about: 'run one side alone, with the full report' },
  json: { value: 'FILE', about: 'write the run documents to FILE' },
  help: { short: 'h', about: 'show this help' },
}

export const demoCommand: Command = {
  name: 'demo',
  about: 'a built-in story, no files needed',
  async run(args, io) {
    const given = readArguments(args, OPTIONS)
    if (given.isOn('help')) {
      io.out(`seakeep demo [story | pack] [options]\n\n${describeOptions(OPTIONS)}\n\n${storyList()}`)
      return 0
    }
    if (given.isOn('list')) {
      io.out(storyList())
      return 0
    }
    const seed = readSeedOption(given.value('seed'))
    const json = given.value('json')
    const keep = (runs: readonly RunDocument[], areSeveral: boolean): void => {
      if (json !== undefined && runs.length > 0) io.writeFile(resolve(io.cwd, json), runsAsJson(runs, areSeveral))
    }
    const pack = packOf(given)
    if (pack !== undefined) {
      const { runs, code } = await runPack(pack, seed, io)
      keep(runs, true)
      return code
    }
    const preset = presetOf(given)
    const loaded = await loadScenario(preset.file, '')
    const demo = new Demo(preset, loaded, seed, io)
    const sides = sidesOf(preset, given)
    const runs = given.value('only') === undefined ? await demo.compare(sides) : await demo.report(sides)
    keep(runs, sides.length > 1)
    return runs.some((run) => run.interrupted === true) || runs.length < sides.length ? 130 : 0
  },
}

class Demo {
  readonly #preset: Preset
  readonly #loaded: LoadedScenario
  readonly #seed: number | undefined
  readonly #io: CliIo
  readonly #paint: Paint

  constructor(preset: Preset, loaded: LoadedScenario, seed: number | undefined, io: CliIo) {
    this.#preset = preset
    this.#loaded = loaded
    this.#seed = seed
    this.#io = io
    this.#paint = wantsColour(io.isOutTty, io.env) ? COLOURS : NO_PAINT
  }

  /** One row a side, as it ends. */
  async compare(sides: readonly Side[]): Promise<RunDocument[]> {
    const { out } = this.#io
    const by: ComparedBy = this.#preset
    const scenario = this.#scenario(sides[0])
    out(this.#introduction(scenario))
    out(comparisonHead(this.#paint))
    const runs: (readonly [Side, RunDocument])[] = []
    using interruption = interruptible(this.#io)
    for (const side of sides) {
      if (interruption.signal.aborted) break
      const run = await this.#run(side, interruption.signal)
      runs.push([side, run])
      out(comparisonRow(run.interrupted === true ? `${side.label} (cut)` : side.label, run, by, this.#paint))
    }
    const labelled = runs.map(([{ label }, run]) => [label, run] as const)
    out(`\n${comparedTimelines(labelled, scenario, by, this.#paint)}\n`)
    out(this.#ending(runs))
    return runs.map(([, run]) => run)
  }

  /** The full report of each side. */
  async report(sides: readonly Side[]): Promise<RunDocument[]> {
    const runs: RunDocument[] = []
    using interruption = interruptible(this.#io)
    for (const side of sides) {
      const run = await this.#run(side, interruption.signal)
      runs.push(run)
      const context = { scenario: this.#scenario(side), replay: this.#replay(side, run.seed), paint: this.#paint }
      this.#io.out(prettyRun(run, context))
    }
    return runs
  }

  async #run(side: Side, signal: AbortSignal): Promise<RunDocument> {
    using progress = showProgress(side.label, this.#io)
    return await this.#io.simulate(this.#scenario(side), { signal, onProgress: (now) => progress.update(now) })
  }

  #scenario(side: Side | undefined): CheckedScenario {
    return resolveLoaded(this.#loaded, { seed: this.#seed, policies: side?.policies, settings: side?.settings })
  }

  #introduction(scenario: CheckedScenario): string {
    const instances = scenario.services.reduce((sum, { replicas }) => sum + replicas, 0)
    const size = `${count(scenario.services.length)} services, ${count(instances)} instances`
    const deadline = scenario.workloads.find(({ id }) => id === this.#preset.workload)?.deadlineMs
    const good = deadline === undefined ? '' : `Good is an answer within ${durationText(deadline)}; p99 is of answers; `
    const title = `${this.#paint('strong', `seakeep demo ${this.#preset.name}`)}  seed ${scenario.seed}`
    const story = this.#preset.story.map((line) => `  ${line}`)
    return [
      `  ${title}  ${this.#paint('dim', `${size}, ${durationText(scenario.durationMs)} of virtual time a row`)}`,
      '',
      ...story,
      `  ${good}amplification is attempts a call at ${this.#preset.edge}.`,
      '',
      '',
    ].join('\n')
  }

  #ending(runs: readonly (readonly [Side, RunDocument])[]): string {
    const total = (of: (run: RunDocument) => number): number => runs.reduce((sum, [, run]) => sum + of(run), 0)
    const [calls, wallMs, virtualMs] = [
      total((run) => run.calls),
      total((run) => run.wallMs),
      total((run) => run.virtualMs),
    ]
    const speed =
      wallMs === 0 ? '' : `, ${roughly(virtualMs / wallMs)}× real time, ${roughly((calls / wallMs) * 1000)} calls/s`
    const width = Math.max(0, ...runs.map(([{ label }]) => label.length))
    const commands = runs.map(([side, run]) => `    ${side.label.padEnd(width)}  ${this.#replay(side, run.seed)}`)
    const seed = runs[0]?.[1].seed ?? this.#seed
    return [
      `  ${this.#paint('dim', 'seed')} ${seed}  ${this.#paint('dim', `${count(calls)} calls in ${lengthOfTime(wallMs)}${speed}`)}`,
      `  ${this.#paint('dim', 'replay one, with its full report:')}`,
      ...commands,
      '',
    ].join('\n')
  }

  #replay(side: Side, seed: number): string {
    return commandLine(['demo', this.#preset.name, '--only', side.id, '--seed', String(seed)], this.#io.env)
  }
}

function packOf(given: Arguments): Pack | undefined {
  const [name] = given.positionals
  const pack = given.positionals.length === 1 ? PACKS.find((one) => one.name === name) : undefined
  if (pack !== undefined && given.value('only') !== undefined)
    throw new UsageError(`--only is of a story; ${name} is a pack`)
  return pack
}

function presetOf(given: Arguments): Preset {
  const [name, ...more] = given.positionals
  if (more.length > 0) throw new UsageError(`demo tells one story at a time, not ${given.positionals.join(' and ')}`)
  const preset = name === undefined ? PRESETS[0] : PRESETS.find((one) => one.name === name)
  if (preset !== undefined) return preset
  const names = [...PRESETS, ...PACKS].map((one) => one.name)
  throw new UsageError(`unknown story ${name}; one of ${names.join(', ')}${didYouMean(name ?? '', names)}`)
}

function sidesOf({ sides }: Preset, given: Arguments): readonly Side[] {
  const only = given.value('only')
  if (only === undefined) return sides
  const found = sides.filter(({ id }) => id === only)
  const ids = sides.map(({ id }) => id)
  if (found.length === 0)
    throw new UsageError(`--only: unknown side ${only}; one of ${ids.join(', ')}${didYouMean(only, ids)}`)
  return found
}

function storyList(): string {
  const width = Math.max(...PRESETS.map(({ name }) => name.length))
  const line = ({ name, about }: { readonly name: string; readonly about: string }): string =>
    `  ${name.padEnd(width)}  ${about}\n`
  const groups = STORY_GROUPS.map(({ title, stories }) => `${title}:\n${stories.map(line).join('')}\n`)
  return `${groups.join('')}Packs, each story held to what it tells:\n${PACKS.map(line).join('')}`
}
