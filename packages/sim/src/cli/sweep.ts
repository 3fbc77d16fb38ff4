/**
 * `seakeep sweep <file> --vary path=1..4 …`: the same seeds with every combination of some fields, or with some drawn
 * from them; `--suggest` looks for a whole policy document instead.
 */
import type { RunDocument } from '../recording/run-document.ts'
import { figuresOf } from '../running/comparing/figures.ts'
import { requireMeasured } from '../running/sweeping/goal.ts'
import type { Point } from '../running/sweeping/space.ts'
import { best, front, type Measured, measuredPoint } from '../running/sweeping/sweep.ts'
import { inOrder } from '../running/workers/in-order.ts'
import type { RunJob } from '../running/workers/run-job.ts'
import { describeOptions, readArguments } from './arguments.ts'
import { UsageError } from './exit-code.ts'
import { interruptible } from './interruption.ts'
import type { CliIo, Command, Runs } from './io.ts'
import { asJson, paintOf, writeTo } from './policy-text.ts'
import { suggest } from './suggest.ts'
import { readSweep, SWEEP_OPTIONS, type Sweep } from './sweep-options.ts'
import { sweepText } from './sweep-text.ts'

export const sweepCommand: Command = {
  name: 'sweep',
  about: 'the same seeds over values of policy fields: which is best, under which bounds',
  async run(args, io) {
    const given = readArguments(args, SWEEP_OPTIONS)
    if (given.isOn('help')) {
      io.out(`seakeep sweep <file> --vary path=values [options]\n\n${describeOptions(SWEEP_OPTIONS)}\n`)
      return 0
    }
    const [file, ...more] = given.positionals
    if (file === undefined || more.length > 0)
      throw new UsageError(
        'sweep takes one scenario, as seakeep sweep x.sim.yaml --vary policies.targets.x.retry.maxAttempts=1..4',
      )
    const sweep = await readSweep(file, given, io)
    await using runs = io.openRuns(sweep.workers)
    if (given.isOn('suggest')) return await suggest(sweep, runs, given.value('output'), io)
    return await runSweep(sweep, runs, io)
  },
}

async function runSweep(sweep: Sweep, runs: Runs, io: CliIo): Promise<number> {
  const { file, scenario, overrides, points, seeds, objectives, bounds, json } = sweep
  using interruption = interruptible(io)
  const { signal } = interruption
  const source = { file, cwd: io.cwd }
  const jobs = points.flatMap((point) =>
    Array.from({ length: seeds }, (_, i): RunJob => {
      const settings = [...(overrides.settings ?? []), ...point]
      return { source, overrides: { ...overrides, settings }, seed: scenario.seed + i }
    }),
  )
  const measured: Measured<Point>[] = []
  let documents: RunDocument[] = []
  const all = inOrder(jobs.length, runs.width, (i) => runs.run(jobs[i] as RunJob, { signal }))
  for await (const document of all) {
    if (document.interrupted === true) break
    if (measured.length === 0 && documents.length === 0) {
      for (const { figure } of objectives) requireMeasured(figure, figuresOf(document), '--objective')
      for (const { figure } of bounds) requireMeasured(figure, figuresOf(document), '--subject-to')
    }
    documents.push(document)
    if (io.isErrTty) io.err(`\r\u001b[2K  ${measured.length} of ${points.length} combinations`)
    if (signal.aborted && documents.length < seeds) break
    if (documents.length < seeds) continue
    measured.push(measuredPoint(points[measured.length] as Point, documents, objectives, bounds))
    documents = []
    if (signal.aborted) break
  }
  if (io.isErrTty) io.err('\r\u001b[2K')
  const winner = best(measured, objectives)
  const onFront = front(measured, objectives)
  const text = sweepText(sweep, { measured, winner, onFront, isInterrupted: signal.aborted }, paintOf(io, json !== '-'))
  if (json === '-') io.err(text)
  else io.out(text)
  if (json !== undefined) writeTo(json, asJson(documentOf(sweep, measured, winner, onFront)), io)
  if (signal.aborted) return 130
  return winner === undefined ? 1 : 0
}

function documentOf(
  { scenario, axes, objectives, bounds, seeds }: Sweep,
  measured: readonly Measured<Point>[],
  winner: Measured<Point> | undefined,
  onFront: readonly Measured<Point>[],
): unknown {
  return {
    schema: 'seakeep.sweep/1',
    scenario: scenario.name,
    seeds: Array.from({ length: seeds }, (_, i) => scenario.seed + i),
    vary: axes.map(({ path }) => path),
    objectives: objectives.map(({ figure }) => figure),
    subjectTo: bounds.map(({ text }) => text),
    best: winner === undefined ? null : measured.indexOf(winner),
    points: measured.map((one) => ({
      set: one.point.map(({ text }) => text),
      objectives: Object.fromEntries(objectives.map(({ figure }, i) => [figure, one.objectives[i] ?? null])),
      bounded: Object.fromEntries(bounds.map(({ figure }, i) => [figure, one.bounded[i] ?? null])),
      within: one.within,
      passed: one.passed,
      onFront: onFront.includes(one),
    })),
  }
}
