/**
 * What GitHub Actions shows: a summary of the step in Markdown, and an annotation for each failure. GitHub takes at most
 * 1 MiB of summary a step and shows ten errors; so failures come first, and what does not fit is counted.
 */
import type { PropertyReport, RunDocument } from '../recording/run-document.ts'
import { count, factor, lengthOfTime, percent } from './figures.ts'
import { askedOf, measuredFigure, propertyFigure } from './measured.ts'
import { verdict } from './pretty.ts'
import type { Reporter, Told } from './reporter.ts'

const MOST_ANNOTATIONS = 10
/** Of a summary: half of what GitHub takes, since other commands of the step may write, too. */
export const MOST_SUMMARY_BYTES: number = 512 * 1024
const MOST_FAILURES = 20

export interface GithubOutlets {
  /** Lines of the log that GitHub reads as commands. */
  log(line: string): void
  summary(markdown: string): void
}

export class GithubReporter implements Reporter {
  readonly #outlets: GithubOutlets
  readonly #sections: Map<string, { readonly told: Told; readonly runs: RunDocument[]; readonly problems: string[] }> =
    new Map()
  #annotations = 0

  constructor(outlets: GithubOutlets) {
    this.#outlets = outlets
  }

  ran(told: Told, run: RunDocument): void {
    this.#section(told).runs.push(withoutSeries(run))
    const again = told.replay(run.seed)
    for (const { ok, problem } of askedOf(run)) {
      if (ok) continue
      const text = `${problem} (seed ${run.seed})`
      this.#annotate(told, again === undefined ? text : `${text}\n${again}`)
    }
    for (const reason of run.invalid ?? [])
      this.#annotate(told, `${reason} failed before the first fault (seed ${run.seed})`)
    if (run.interrupted === true) this.#annotate(told, `interrupted (seed ${run.seed})`)
  }

  missed(told: Told, problem: string): void {
    this.#section(told).problems.push(problem)
    this.#annotate(told, problem)
  }

  failed(told: Told, seed: number | undefined, problem: string): void {
    const again = seed === undefined ? undefined : told.replay(seed)
    this.#section(told).problems.push(again === undefined ? problem : `${problem.trimEnd()}\n${again}`)
    this.#annotate(told, problem.split('\n')[0] ?? '')
  }

  ended(): void {
    if (this.#annotations > MOST_ANNOTATIONS)
      this.#outlets.log(
        `::notice title=seakeep::${this.#annotations - MOST_ANNOTATIONS} further failures are in the step summary\n`,
      )
    const parts: string[] = []
    let bytes = 0
    let left = 0
    // What failed is read first.
    const sections = [...this.#sections.values()].sort((a, b) => Number(isGood(a)) - Number(isGood(b)))
    for (const { told, runs, problems } of sections) {
      const section = sectionText(told, runs, problems)
      const size = Buffer.byteLength(section)
      if (bytes + size > MOST_SUMMARY_BYTES) left += 1
      else {
        parts.push(section)
        bytes += size
      }
    }
    if (left > 0) parts.push(`\n_And ${count(left)} further scenarios, which do not fit in here._\n`)
    this.#outlets.summary(parts.join(''))
  }

  #annotate({ scenario, file }: Told, text: string): void {
    this.#annotations += 1
    if (this.#annotations > MOST_ANNOTATIONS) return
    this.#outlets.log(`::error file=${property(file)},title=${property(scenario)}::${data(text)}\n`)
  }

  #section(told: Told): { readonly runs: RunDocument[]; readonly problems: string[] } {
    let section = this.#sections.get(told.scenario)
    if (section === undefined) {
      section = { told, runs: [], problems: [] }
      this.#sections.set(told.scenario, section)
    }
    return section
  }
}

function isGood({
  runs,
  problems,
}: {
  readonly runs: readonly RunDocument[]
  readonly problems: readonly string[]
}): boolean {
  return problems.length === 0 && runs.every(({ passed }) => passed)
}

/** Of many seeds the summary needs no series and no events. */
function withoutSeries({ detail: _, ...run }: RunDocument): RunDocument {
  return { ...run, events$: [], timeline: { stepMs: run.timeline.stepMs, series: {} }, traceHashes: [] }
}

function sectionText(told: Told, runs: readonly RunDocument[], problems: readonly string[]): string {
  const failed = runs.filter(({ passed }) => !passed)
  const shown = failed[0] ?? runs[0]
  const sign = problems.length > 0 || failed.length > 0 ? '❌' : '✅'
  const word =
    runs.length > 1 ? `${runs.length - failed.length} of ${runs.length} seeds passed` : shown && verdict(shown)[1]
  const lines = [`### ${sign} ${markdown(told.scenario)}${word === undefined ? '' : `: ${word}`}`, '']
  for (const problem of problems.slice(0, MOST_FAILURES)) lines.push('```text', fenced(problem.trimEnd()), '```', '')
  if (shown === undefined) return `${lines.join('\n')}\n`
  if (shown.thresholds.length > 0) lines.push(...thresholdRows(runs, shown), '')
  if (shown.properties !== undefined) lines.push(...propertyRows(runs, shown.properties), '')
  lines.push(...workloadRows(shown), '', ...replays(told, failed), '')
  return `${lines.join('\n')}\n`
}

function thresholdRows(runs: readonly RunDocument[], shown: RunDocument): string[] {
  const rows = shown.thresholds.map((threshold, at) => {
    const held = runs.filter((run) => run.thresholds[at]?.ok === true).length
    const often = runs.length === 1 ? '' : ` ${held} of ${runs.length} |`
    const sign = held === runs.length ? '✅' : '❌'
    return `| ${sign} | ${markdown(threshold.metric)} | \`${threshold.expression}\` | ${measuredFigure(threshold)} |${often}`
  })
  const [more, line] = runs.length === 1 ? ['', ''] : [' seeds that hold it |', ' ---: |']
  return [
    `| | threshold | asked | measured (seed ${shown.seed}) |${more}`,
    `| --- | --- | --- | ---: |${line}`,
    ...rows,
  ]
}

/** Each by the first seed that broke it, else by the seed that is shown. */
function propertyRows(runs: readonly RunDocument[], properties: readonly PropertyReport[]): string[] {
  const rows = properties.map((shown, at) => {
    const broken = runs.find((run) => run.properties?.[at]?.ok === false)
    const report = broken?.properties?.[at] ?? shown
    const seed = broken === undefined || runs.length === 1 ? '' : ` (seed ${broken.seed})`
    const sign = broken === undefined ? '✅' : '❌'
    return `| ${sign} | ${report.kind} | \`${report.property}\` | ${markdown(propertyFigure(report))}${seed} |`
  })
  return ['| | property | | |', '| --- | --- | --- | --- |', ...rows]
}

function workloadRows({ workload, edges }: RunDocument): string[] {
  const rows = Object.entries(workload).map(([id, one]) => {
    const { p50, p99 } = one.latencyMs
    return `| ${markdown(id)} | ${count(one.offered)} | ${percent(one.goodput)} | ${lengthOfTime(p50)} | ${lengthOfTime(p99)} |`
  })
  const [worst] = Object.entries(edges).sort(([, a], [, b]) => (b.amplification ?? 0) - (a.amplification ?? 0))
  const most = worst?.[1].amplification ?? 0
  const note =
    worst === undefined || most < 1.01 ? [] : ['', `Most attempts a call: ${factor(most)} at ${markdown(worst[0])}.`]
  return ['| workload | offered | goodput | p50 | p99 |', '| --- | ---: | ---: | ---: | ---: |', ...rows, ...note]
}

function replays({ replay }: Told, failed: readonly RunDocument[]): string[] {
  const commands = failed.slice(0, MOST_FAILURES).flatMap(({ seed }) => replay(seed) ?? [])
  if (commands.length === 0) return []
  const more = failed.length > MOST_FAILURES ? [`# and ${failed.length - MOST_FAILURES} further seeds`] : []
  return ['Replay:', '', '```sh', ...commands.map(fenced), ...more, '```']
}

/** Of a cell: what would end it, or be taken for markup. */
function markdown(text: string): string {
  return text.replace(/[\\`*_{}[\]<>|#]/g, (sign) => `\\${sign}`).replaceAll('\n', ' ')
}

function fenced(text: string): string {
  return text.replaceAll('```', "'''")
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
