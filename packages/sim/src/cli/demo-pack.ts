/**
 * `seakeep demo smoke`: the stories of a pack, one after the other, each side held to what its story tells: that its
 * thresholds and properties hold, or that they do not. A story that turns out otherwise fails the pack.
 */
import type { RunDocument } from '../recording/run-document.ts'
import { lengthOfTime } from '../reporting/figures.ts'
import { COLOURS, NO_PAINT, wantsColour } from '../reporting/paint.ts'
import { loadScenario, resolveLoaded } from '../scenario/node-load-scenario.ts'
import { interruptible } from './interruption.ts'
import type { CliIo } from './io.ts'
import type { Pack } from './packs.ts'
import { PRESETS, type Preset, type Side } from './presets.ts'
import { showProgress } from './progress.ts'
import { commandLine } from './replay-command.ts'

export interface PackRuns {
  readonly runs: readonly RunDocument[]
  readonly code: number
}

export async function runPack({ name, stories }: Pack, seed: number | undefined, io: CliIo): Promise<PackRuns> {
  const paint = wantsColour(io.isOutTty, io.env) ? COLOURS : NO_PAINT
  const presets = stories.map(({ story, settings }) => ({ preset: presetOf(story), settings }))
  const runs: RunDocument[] = []
  const others: string[] = []
  const width = Math.max(...stories.map(({ story }) => story.length))
  using interruption = interruptible(io)
  io.out(`  ${paint('strong', `seakeep demo ${name}`)}  ${stories.length} stories, each side held to what it tells\n\n`)
  for (const { preset, settings } of presets) {
    const loaded = await loadScenario(preset.file, '')
    for (const side of preset.sides) {
      if (interruption.signal.aborted) return { runs, code: 130 }
      const scenario = resolveLoaded(loaded, {
        seed,
        policies: side.policies,
        settings: [...settings, ...side.settings],
      })
      using progress = showProgress(`${preset.name}: ${side.label}`, io)
      const { signal } = interruption
      const run = await io.simulate(scenario, { signal, onProgress: (now) => progress.update(now) })
      runs.push(run)
      if (run.interrupted === true) return { runs, code: 130 }
      const isTold = run.passed !== side.fails
      if (!isTold)
        others.push(commandLine(['demo', preset.name, '--only', side.id, '--seed', String(run.seed)], io.env))
      const mark = isTold ? paint('good', '✓') : paint('bad', '✗')
      io.out(`  ${mark} ${preset.name.padEnd(width)}  ${side.label.padEnd(16)}  ${verdict(preset, side, run)}\n`)
    }
  }
  const wallMs = runs.reduce((sum, run) => sum + run.wallMs, 0)
  io.out(
    `\n  ${runs.length} runs in ${lengthOfTime(wallMs)}; ${others.length === 0 ? 'all as told' : 'not as told:'}\n`,
  )
  for (const other of others) io.out(`    ${other}\n`)
  return { runs, code: others.length === 0 ? 0 : 1 }
}

function verdict({ workload }: Preset, { fails }: Side, run: RunDocument): string {
  const goodput = run.workload[workload]?.goodput
  const good = goodput === undefined || goodput === null ? '' : `${(goodput * 100).toFixed(1)}%`
  const told = run.passed === fails ? `, told to ${fails ? 'fail' : 'pass'}` : ''
  return `${good.padStart(6)} good, ${run.passed ? 'passes' : 'fails'}${told}`
}

function presetOf(story: string): Preset {
  const preset = PRESETS.find(({ name }) => name === story)
  if (preset === undefined) throw new Error(`no story is called ${story}`)
  return preset
}
