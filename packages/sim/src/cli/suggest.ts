/**
 * `seakeep sweep <file> --suggest`: a policy document for the scenario's traffic, and what it is worth against our
 * defaults and against what is written in a hurry, with seeds that the search has not seen.
 */
import { stringify } from 'yaml'
import type { RunDocument } from '../recording/run-document.ts'
import { percent } from '../reporting/figures.ts'
import { type Comparison, compareSides, regressions } from '../running/comparing/comparison.ts'
import { figuresOf } from '../running/comparing/figures.ts'
import { type Side, seedsText, sideOf } from '../running/comparing/side.ts'
import { Tolerances } from '../running/comparing/tolerances.ts'
import { holds, medianFigure, requireMeasured } from '../running/sweeping/goal.ts'
import {
  defaultPolicies,
  descend,
  type Judge,
  naivePolicies,
  type PolicyData,
  policiesFrom,
  type Score,
  trafficOf,
} from '../running/sweeping/suggestion.ts'
import { inOrder } from '../running/workers/in-order.ts'
import type { RunJob } from '../running/workers/run-job.ts'
import { comparisonText } from './compare-text.ts'
import { interruptible } from './interruption.ts'
import type { CliIo, Runs } from './io.ts'
import { asJson, paintOf, writeTo } from './policy-text.ts'
import type { Sweep } from './sweep-options.ts'

/** Held-out seeds begin so far after those that were learned from. */
const FAR = 1_000_000
/** Seeds that the search learns from, at most. */
const LEARN = 3

export async function suggest(sweep: Sweep, runs: Runs, output: string | undefined, io: CliIo): Promise<number> {
  using interruption = interruptible(io)
  return await new Suggesting(sweep, runs, interruption.signal, io).run(output)
}

class Suggesting {
  readonly #sweep: Sweep
  readonly #runs: Runs
  readonly #signal: AbortSignal
  readonly #io: CliIo
  #made = 0

  constructor(sweep: Sweep, runs: Runs, signal: AbortSignal, io: CliIo) {
    this.#sweep = sweep
    this.#runs = runs
    this.#signal = signal
    this.#io = io
  }

  async run(output: string | undefined): Promise<number> {
    const { scenario, overrides, objectives, bounds, seeds, json } = this.#sweep
    const settings = [
      ...(overrides.settings ?? []),
      { text: 'faults=[]', keys: ['faults'], value: [] },
      { text: 'thresholds={}', keys: ['thresholds'], value: {} },
    ]
    const calm = await this.#make({ policies: null, settings }, [scenario.seed])
    const [first] = calm
    if (first === undefined) return 130
    const traffic = trafficOf(first)
    // Pairs of the same seeds tell documents apart with few of them; the held-out ones say how sure it is.
    const learned = Array.from({ length: Math.min(seeds, LEARN) }, (_, i) => scenario.seed + i)
    const [sample] = await this.#make({ policies: defaultPolicies() }, [scenario.seed])
    if (sample === undefined) return 130
    for (const { figure } of objectives) requireMeasured(figure, figuresOf(sample), '--objective')
    for (const { figure } of bounds) requireMeasured(figure, figuresOf(sample), '--subject-to')
    const judge: Judge = async (all, which) => {
      const documents = all.map((choices) => policiesFrom(choices, traffic))
      const made = await this.#makeAll(documents, which === 'one' ? learned.slice(0, 1) : learned)
      return made.map((runs) => this.#score(runs))
    }
    const found = await descend(judge, () => this.#signal.aborted)
    if (this.#io.isErrTty) this.#io.err('\r\u001b[2K')
    const policies = policiesFrom(found.choices, traffic)
    if (this.#signal.aborted) {
      this.#io.err('interrupted: the best so far, not yet tried with seeds of its own\n')
      this.#hand(policies, [], output)
      return 130
    }
    const heldOut = Array.from({ length: seeds }, (_, i) => scenario.seed + FAR + i)
    const sides = [defaultPolicies(), naivePolicies(traffic), policies]
    const made = await this.#makeAll(sides, heldOut)
    if (this.#signal.aborted) return 130
    const [byDefault, byNaive, bySuggested] = made.map((documents) => sideOf(scenario.name, '', documents)) as [
      Side,
      Side,
      Side,
    ]
    const tolerances = new Tolerances([])
    const against = (base: Side): Comparison => compareSides(base, bySuggested, (figure) => tolerances.of(figure))
    const comparisons = [
      ['our defaults', against(byDefault)],
      ['three attempts, no budget', against(byNaive)],
    ] as const
    const suggestedRuns = made[2] ?? []
    const kept = suggestedRuns.filter((run) => bounds.every((bound) => holds(bound, figuresOf(run)))).length
    const held = [
      ...bounds.map(({ text }) => text),
      ...(scenario.thresholds.length > 0 ? ['the scenario’s thresholds'] : []),
    ]
    const passed = suggestedRuns.filter((run) => run.passed).length
    const evidence = [
      `Suggested by seakeep sweep --suggest from ${this.#sweep.file}, after ${this.#made} runs.`,
      ...objectives.map(
        ({ figure }) =>
          `${figure}: ${figureOf(bySuggested, figure)}, with our defaults ${figureOf(byDefault, figure)}, with three attempts and no budget ${figureOf(byNaive, figure)}`,
      ),
      `(medians of held-out ${seedsText(heldOut)}; learned from ${seedsText(learned)})`,
    ]
    const paint = paintOf(this.#io, output !== undefined && json !== '-')
    const text = [
      ...comparisons.map(([name, comparison]) =>
        comparisonText(comparison, {
          names: { base: name, head: 'the suggested document' },
          again: () => `seakeep run ${this.#sweep.file} --policies ${output ?? 'suggested.yaml'} --seed ${heldOut[0]}`,
          paint,
          isInterrupted: false,
        }),
      ),
      ...(held.length === 0
        ? []
        : [`  ${held.join(', ')}: kept with ${Math.min(kept, passed)} of ${heldOut.length} held-out seeds\n`]),
    ].join('\n')
    this.#hand(policies, evidence, output)
    if (output === undefined || json === '-') this.#io.err(text)
    else this.#io.out(text)
    if (json !== undefined) {
      const data = {
        schema: 'seakeep.suggest/1',
        policies,
        choices: found.choices,
        learned,
        heldOut,
        kept,
        passed,
        comparisons: comparisons.map(([base, comparison]) => ({ base, comparison: summary(comparison) })),
      }
      writeTo(json, asJson(data), this.#io)
    }
    if (comparisons.every(([, comparison]) => this.#isBetter(comparison))) return 0
    this.#io.err('the suggested document is not clearly better than both with seeds it has not seen\n')
    return 1
  }

  /** By the first objective in which the two differ. */
  #isBetter({ figures }: Comparison): boolean {
    const verdicts = this.#sweep.objectives.map(({ figure }) => figures.find((one) => one.figure === figure)?.verdict)
    return verdicts.find((verdict) => verdict !== 'same') === 'better'
  }

  #hand(policies: PolicyData, evidence: readonly string[], output: string | undefined): void {
    const text = `${evidence.map((line) => `# ${line}\n`).join('')}${stringify(policies)}`
    if (output === undefined) this.#io.out(text)
    else writeTo(output, text, this.#io)
  }

  /** Bounds and thresholds broken, then the objectives' loss, then what it costs: attempts a call. */
  #score(documents: readonly RunDocument[]): Score {
    const { bounds, objectives } = this.#sweep
    if (documents.length === 0) return [Number.POSITIVE_INFINITY]
    const figures = documents.map(figuresOf)
    const broken = figures.reduce((sum, one) => sum + bounds.filter((bound) => !holds(bound, one)).length, 0)
    const failed = documents.reduce((sum, { thresholds }) => sum + thresholds.filter(({ ok }) => !ok).length, 0)
    const losses = objectives.map(({ figure, kind }) => {
      const value = medianFigure(figures, figure)
      if (value === null) return Number.POSITIVE_INFINITY
      return kind.better === 'more' ? -value : value
    })
    const amplification = figures.flatMap((one) =>
      Object.entries(one).flatMap(([name, value]) => (name.endsWith('.amplification') ? (value ?? []) : [])),
    )
    return [
      (broken + failed) / documents.length,
      ...losses,
      amplification.reduce((sum, one) => sum + one, 0) / Math.max(1, amplification.length),
    ]
  }

  async #make(
    change: { readonly policies: unknown; readonly settings?: RunJob['overrides']['settings'] },
    seeds: readonly number[],
  ): Promise<RunDocument[]> {
    const documents: RunDocument[] = []
    const { file, overrides } = this.#sweep
    const source = { file, cwd: this.#io.cwd }
    const all = inOrder(seeds.length, this.#runs.width, (i) =>
      this.#runs.run(
        { source, overrides: { ...overrides, ...change }, seed: seeds[i] as number },
        { signal: this.#signal },
      ),
    )
    for await (const document of all) {
      if (document.interrupted === true) break
      documents.push(document)
      this.#made += 1
      if (this.#signal.aborted) break
    }
    return documents
  }

  /** Several documents with the same seeds. */
  async #makeAll(documents: readonly PolicyData[], seeds: readonly number[]): Promise<readonly RunDocument[][]> {
    const made: RunDocument[][] = []
    for (const policies of documents) {
      made.push(await this.#make({ policies }, seeds))
      if (this.#io.isErrTty) this.#io.err(`\r\u001b[2K  ${this.#made} runs`)
    }
    return made
  }
}

function figureOf({ runs }: Side, figure: string): string {
  const value = medianFigure(
    runs.map(({ figures }) => figures),
    figure,
  )
  return figure.endsWith('.goodput') ? percent(value) : value === null ? '–' : String(Number(value.toPrecision(4)))
}

function summary(comparison: Comparison): unknown {
  return {
    regressions: regressions(comparison).map(({ figure }) => figure),
    figures: comparison.figures.map(({ figure, base, head, difference, better, verdict }) => ({
      figure,
      base,
      head,
      difference: difference?.median ?? null,
      interval: difference === undefined ? null : [difference.low, difference.high],
      better,
      verdict,
    })),
  }
}
