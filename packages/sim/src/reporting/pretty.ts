/**
 * What a run is told as on a terminal: one block, the verdict and the thresholds first (as k6 does), then who called, how
 * each edge did (effective against actual rate, after linkerd's `routes`), what the servers saw, what happened when, and
 * at its end all it takes to make the run again.
 */
import { durationText } from '@seakeep/core/spi'
import type { RunDocument } from '../recording/run-document.ts'
import type { ResolvedScenario } from '../scenario/resolved-scenario.ts'
import { count, lengthOfTime, roughly } from './figures.ts'
import type { Paint, Tone } from './paint.ts'
import { happenings } from './pretty-happenings.ts'
import { propertyTable } from './pretty-properties.ts'
import { thresholdTable } from './pretty-thresholds.ts'
import { edgeTable, MOST_ROWS, serviceTable, workloadTable } from './pretty-traffic.ts'

export interface PrettyContext {
  readonly scenario: ResolvedScenario
  /** The command that makes this run again. */
  readonly replay: string
  readonly paint: Paint
}

export function prettyRun(run: RunDocument, context: PrettyContext): string {
  const { scenario, paint } = context
  const measuredS = Math.max(0, run.virtualMs - scenario.warmupMs) / 1000
  const edges = Object.keys(run.edges).length
  const services = Object.keys(run.services).length
  const sections: readonly (readonly [string, string])[] = [
    ['THRESHOLDS', thresholdTable(run.thresholds, scenario, paint)],
    ['PROPERTIES', propertyTable(run.properties ?? [], paint)],
    ['WORKLOAD', workloadTable(run, measuredS, paint)],
    [busiest('EDGES', edges), edgeTable(run, measuredS, paint)],
    [busiest('SERVICES', services), serviceTable(run, measuredS, paint)],
    ['FAULTS AND EVENTS', happenings(run, scenario, paint)],
  ]
  const body = sections.flatMap(([title, text]) => (text === '' ? [] : [`  ${paint('strong', title)}`, text, '']))
  return `${[headline(run, context), '', ...body, ...footer(run, context)].join('\n')}\n`
}

function busiest(title: string, all: number): string {
  return all > MOST_ROWS ? `${title} (the ${MOST_ROWS} busiest of ${count(all)})` : title
}

/** Sign, word and tone of what became of a run. */
export function verdict(run: RunDocument): readonly [sign: string, word: string, tone: Tone] {
  if (run.interrupted === true) return ['!', 'interrupted', 'warn']
  if (run.invalid !== undefined && run.invalid.length > 0) return ['!', 'invalid experiment', 'warn']
  if (!run.passed) return ['✗', 'failed', 'bad']
  const isAsked = run.thresholds.length > 0 || run.properties !== undefined
  return isAsked ? ['✓', 'passed', 'good'] : ['✓', 'done', 'good']
}

function headline(run: RunDocument, { scenario, paint }: PrettyContext): string {
  const [sign, word, tone] = verdict(run)
  const instances = scenario.services.reduce((sum, { replicas }) => sum + replicas, 0)
  const size = `${count(scenario.services.length)} services, ${count(instances)} instances`
  const length = `${lengthOfVirtual(run)}${scenario.warmupMs > 0 ? ` (${durationText(scenario.warmupMs)} warm-up)` : ''}`
  const title = `${paint(tone, sign)} ${paint('strong', run.scenario)}  ${paint(tone, word)}`
  const lines = [` ${title}  ${paint('dim', `${length} of virtual time · ${size}`)}`]
  if (run.interrupted === true)
    lines.push(
      `   stopped at ${lengthOfVirtual(run)} of ${durationText(scenario.durationMs)}; the figures cover what was measured until then`,
    )
  for (const reason of run.invalid ?? []) lines.push(`   ${reason}`)
  return lines.join('\n')
}

/** A run that was stopped ends at any microsecond; to the second will do. */
function lengthOfVirtual({ virtualMs, interrupted }: RunDocument): string {
  return interrupted === true ? lengthOfTime(virtualMs) : durationText(virtualMs)
}

function footer(run: RunDocument, { replay, paint }: PrettyContext): string[] {
  const perSecond =
    run.wallMs > 0
      ? ` · ${roughly(run.virtualMs / run.wallMs)}× real time · ${roughly((run.calls / run.wallMs) * 1000)} calls/s`
      : ''
  const policies = run.policiesHash === null ? 'none' : run.policiesHash
  const row = (label: string, text: string): string => `  ${paint('dim', label.padEnd(8))}  ${text}`
  return [
    row('seed', String(run.seed)),
    ...(run.swarm ?? []).map((fault, i) => row(i === 0 ? 'swarm' : '', fault)),
    row('trace', `${run.traceHash}   ${paint('dim', 'policies')} ${policies}`),
    row('speed', `${count(run.calls)} calls in ${lengthOfTime(run.wallMs)}${perSecond}`),
    row('replay', replay),
  ]
}
