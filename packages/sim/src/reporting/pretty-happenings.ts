/**
 * What happened when: the faults, and the transitions they led to. A run may have thousands of those (each caller has
 * breakers of its own), so equal ones of one service are one row, with how many there were and when the first and last.
 */
import type { RunDocument, RunEvent } from '../recording/run-document.ts'
import type { ResolvedFault, ResolvedScenario } from '../scenario/resolved-scenario.ts'
import { count, instant } from './figures.ts'
import type { Paint } from './paint.ts'
import { type Cell, table } from './table.ts'

const MOST_ROWS = 20

interface Group {
  readonly firstMs: number
  lastMs: number
  times: number
  readonly type: string
  readonly about: string
}

export function happenings(run: RunDocument, scenario: ResolvedScenario, paint: Paint): string {
  const faults = scenario.faults.filter(({ atMs }) => atMs <= run.virtualMs)
  const groups = grouped(run.events$.filter(({ type }) => !/^fault/i.test(type)))
  const shown = [...groups].sort((a, b) => weight(b) - weight(a)).slice(0, Math.max(0, MOST_ROWS - faults.length))
  const rows: { readonly atMs: number; readonly cells: readonly Cell[] }[] = [
    ...faults.map((fault) => ({ atMs: fault.atMs, cells: faultCells(fault, scenario) })),
    ...shown.map((group) => ({ atMs: group.firstMs, cells: groupCells(group) })),
  ]
  if (rows.length === 0) return ''
  rows.sort((a, b) => a.atMs - b.atMs)
  const columns = [{ title: '', align: 'right' as const }, { title: '' }, { title: '', max: 50 }, { title: '' }]
  const text = table(
    columns,
    rows.map(({ cells }) => cells),
    paint,
    '    ',
  )
  const left = groups.length - shown.length
  const more = [
    ...(left > 0 ? [`${count(left)} further kinds of event`] : []),
    ...(run.eventsDropped > 0 ? [`${count(run.eventsDropped)} events not kept`] : []),
  ]
  return more.length === 0 ? text : `${text}\n    ${paint('dim', `and ${more.join(', ')}: see --json`)}`
}

function faultCells(fault: ResolvedFault, { durationMs }: ResolvedScenario): readonly Cell[] {
  const until = fault.untilMs >= durationMs ? 'to the end' : `until ${instant(fault.untilMs)}`
  return [
    instant(fault.atMs),
    { text: '⚡', tone: 'warn' },
    { text: fault.label, tone: 'warn' },
    { text: until, tone: 'dim' },
  ]
}

function groupCells({ firstMs, lastMs, times, type, about }: Group): readonly Cell[] {
  const often = times === 1 ? '' : `${count(times)} times, last ${instant(lastMs)}`
  return [instant(firstMs), { text: '·', tone: 'dim' }, `${type} ${about}`.trim(), { text: often, tone: 'dim' }]
}

function grouped(events: readonly RunEvent[]): Group[] {
  const groups = new Map<string, Group>()
  for (const event of events) {
    const about = aboutOf(event)
    const key = `${event.type} ${about}`
    const group = groups.get(key)
    if (group === undefined) {
      groups.set(key, { firstMs: event.atMs, lastMs: event.atMs, times: 1, type: event.type, about })
    } else {
      group.times += 1
      group.lastMs = event.atMs
    }
  }
  return [...groups.values()]
}

/** Whom an event is about: its service, else the service of its endpoint `orders#3`. */
function aboutOf({ service, endpoint }: RunEvent): string {
  if (typeof service === 'string') return service
  return typeof endpoint === 'string' ? (endpoint.split('#')[0] ?? '') : ''
}

/** Rare kinds first: a breaker that opened once says more than a thousand updates. */
function weight({ type, times }: Group): number {
  return (/^(circuit|endpoint|instance)/.test(type) ? 1e9 : 0) - times
}
