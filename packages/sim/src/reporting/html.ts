/**
 * The HTML report: one file that loads nothing. The page is the viewer's; here a run is put into it, and with it what is
 * read where no script runs, and found by a search: the scenario, the verdict, the thresholds.
 */
import type { RunDocument } from '../recording/run-document.ts'
import { propertyFigure, propertyName } from './measured.ts'
import type { PageData, PageRun, SeedLine } from './page-data.ts'
import { verdict } from './pretty.ts'

/** Beyond this events and calls are left out. What is kept of a service, some 2 KB, is kept of all: 2,000 of them still fit. */
export const MOST_BYTES = 5_000_000
const MOST_SEEDS = 200

/** Fills the page. Of a run with more than fits, the last events and calls are left out. */
export function htmlReport(page: string, data: PageData): string {
  const text = staticText(data)
  const room = MOST_BYTES - Buffer.byteLength(page) - Buffer.byteLength(text) - 1000
  return page
    .replace('<!--seakeep:title-->', () => escaped(`${verdict(data.run.run)[0]} ${data.run.run.scenario} · seakeep`))
    .replace('<!--seakeep:text-->', () => text)
    .replace('<!--seakeep:data-->', () => fitted(data, room))
}

/** A run among other seeds. */
export function seedLine(run: RunDocument): SeedLine {
  const { seed, passed, traceHash, thresholds, detail, timeline } = run
  const goodput = Object.keys(run.workload).map((id): [string, readonly (number | null)[]] => {
    const own = detail?.workload[id]
    if (own === undefined) return [id, timeline.series[`${id}.goodput`] ?? []]
    return [id, own.offered.map((n, step) => (n === 0 ? null : Math.round(((own.good[step] ?? 0) / n) * 1000) / 1000))]
  })
  const stepMs = detail?.stepMs ?? timeline.stepMs
  return { seed, passed, traceHash, thresholds, stepMs, goodput: Object.fromEntries(goodput) }
}

/** Of many seeds those that did not pass come first, then the others as they ran. */
export function seedsShown(lines: readonly SeedLine[]): SeedLine[] {
  const failed = lines.filter(({ passed }) => !passed)
  return [...failed, ...lines.filter(({ passed }) => passed)].slice(0, MOST_SEEDS).sort((a, b) => a.seed - b.seed)
}

/** `<` would end the script it stands in, wherever a name holds one. */
function asScript(data: PageData): string {
  return JSON.stringify(data).replaceAll('<', '\\u003c').replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
}

function fitted(data: PageData, room: number): string {
  let text = asScript(data)
  for (let share = 0.5; Buffer.byteLength(text) > room && share > 0.001; share /= 2) {
    const base = data.base && cut(data.base, share)
    text = asScript({ ...data, run: cut(data.run, share), ...(base && { base }) })
  }
  return text
}

function cut(one: PageRun, share: number): PageRun {
  const { run } = one
  const kept = Math.floor(run.events$.length * share)
  const { detail } = run
  return {
    ...one,
    run: {
      ...run,
      events$: run.events$.slice(0, kept),
      eventsDropped: run.eventsDropped + run.events$.length - kept,
      timeline: { stepMs: run.timeline.stepMs, series: detail === undefined ? run.timeline.series : {} },
      ...(detail === undefined
        ? {}
        : { detail: { ...detail, calls: detail.calls.slice(0, Math.ceil(detail.calls.length * share)) } }),
    },
  }
}

function staticText({ run: { run, replay } }: PageData): string {
  const rows = run.thresholds.map(
    ({ metric, expression, value, ok }) =>
      `<li>${ok ? '✓' : '✗'} ${escaped(metric)} ${escaped(expression)}: ${value === null ? 'nothing measured' : value}</li>`,
  )
  for (const report of run.properties ?? []) {
    rows.push(`<li>${report.ok ? '✓' : '✗'} ${escaped(propertyName(report))}: ${escaped(propertyFigure(report))}</li>`)
  }
  const again = replay === undefined ? '' : `<p><code>${escaped(replay)}</code></p>`
  return `<h1>${escaped(run.scenario)}</h1><p>${verdict(run)[1]}, seed ${run.seed}</p><ul>${rows.join('')}</ul>${again}<noscript>The pictures need a script, which your browser does not run.</noscript>`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
