/** Workloads, edges and services as tables. Rates are over the measured time, so warm-up is not in them. */
import { durationText } from '@seakeep/core/spi'
import type { RunDocument } from '../recording/run-document.ts'
import { count, factor, lengthOfTime, percent, rate, roughly } from './figures.ts'
import type { Paint, Tone } from './paint.ts'
import { type Cell, type Column, table } from './table.ts'

/** How many edges and services are shown, the busiest first. */
export const MOST_ROWS = 15

const right = (title: string): Column => ({ title, align: 'right' })

export function workloadTable(run: RunDocument, measuredS: number, paint: Paint): string {
  const columns = [
    { title: '', max: 32 },
    ...['offered', 'rate/s', 'goodput', 'failed', 'rejected', 'p50', 'p99', 'max'].map(right),
    { title: 'judged by' },
  ]
  const rows = Object.entries(run.workload).map(([name, one]): Cell[] => [
    name,
    count(one.offered),
    rate(per(one.offered, measuredS)),
    { text: percent(one.goodput), tone: toneOfShare(one.goodput) },
    amount(one.failed),
    amount(one.rejected),
    lengthOfTime(one.latencyMs.p50),
    lengthOfTime(one.latencyMs.p99),
    lengthOfTime(one.latencyMs.max),
    one.deadlineMs === null ? { text: 'no deadline', tone: 'dim' } : `deadline ${durationText(one.deadlineMs)}`,
  ])
  return rows.length === 0 ? '' : table(columns, rows, paint, '    ')
}

export function edgeTable(run: RunDocument, measuredS: number, paint: Paint): string {
  const edges = Object.entries(run.edges).sort(([, a], [, b]) => b.attempts - a.attempts || b.calls - a.calls)
  const columns = [
    { title: '', max: 44 },
    ...['eff/s', 'act/s', 'amp', 'ok', 'p50', 'p99'].map(right),
    { title: 'not ok' },
  ]
  const rows = edges.slice(0, MOST_ROWS).map(([name, edge]): Cell[] => {
    const { ok = 0, ...others } = edge.outcomes
    const ended = Object.values(others).reduce((sum, n) => sum + n, ok)
    const share = ended === 0 ? null : ok / ended
    return [
      name,
      rate(per(edge.calls, measuredS)),
      rate(per(edge.attempts, measuredS)),
      { text: factor(edge.amplification), tone: toneOfAmplification(edge.amplification) },
      { text: percent(share), tone: toneOfShare(share) },
      lengthOfTime(edge.latencyMs.p50),
      lengthOfTime(edge.latencyMs.p99),
      { text: commonest(others), tone: 'dim' },
    ]
  })
  return rows.length === 0 ? '' : table(columns, rows, paint, '    ')
}

export function serviceTable(run: RunDocument, measuredS: number, paint: Paint): string {
  const services = Object.entries(run.services).sort(([, a], [, b]) => b.server.arrivals - a.server.arrivals)
  const columns = [
    { title: '', max: 32 },
    ...['inst', 'arrivals/s', 'goodput', 'errors', 'refused', 'util', 'queue mean', 'queue p99'].map(right),
  ]
  const rows = services.slice(0, MOST_ROWS).map(([name, { goodput, server, instances }]): Cell[] => [
    name,
    count(Object.keys(instances).length),
    rate(per(server.arrivals, measuredS)),
    { text: percent(goodput), tone: toneOfShare(goodput) },
    amount(server.errors),
    amount(server.refused),
    {
      text: percent(server.utilization),
      tone: server.utilization !== null && server.utilization > 0.9 ? 'warn' : 'plain',
    },
    lengthOfTime(server.queueMs.mean),
    lengthOfTime(server.queueMs.p99),
  ])
  return rows.length === 0 ? '' : table(columns, rows, paint, '    ')
}

function per(amount: number, seconds: number): number | null {
  return seconds > 0 ? amount / seconds : null
}

/** The three commonest endings that are not good. */
function commonest(outcomes: Readonly<Record<string, number>>): string {
  const found = Object.entries(outcomes).filter(([, n]) => n > 0)
  return found
    .sort(([, a], [, b]) => b - a)
    .slice(0, 3)
    .map(([ending, n]) => `${ending} ${roughly(n)}`)
    .join(', ')
}

function amount(value: number): Cell {
  return { text: count(value), tone: value === 0 ? 'dim' : 'plain' }
}

function toneOfShare(share: number | null): Tone {
  if (share === null) return 'dim'
  return share >= 0.99 ? 'good' : share >= 0.9 ? 'warn' : 'bad'
}

function toneOfAmplification(value: number | null): Tone {
  return value === null ? 'dim' : value < 1.1 ? 'plain' : value < 1.5 ? 'warn' : 'bad'
}
