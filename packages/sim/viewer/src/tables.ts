/** All figures as tables, for who would rather read, and for the busiest of many. */
import { count, factor, lengthOfTime, percent } from '../../src/reporting/figures.ts'
import { h } from './dom.ts'
import type { Page } from './page.ts'

const AT_ONCE = 40

export function createTables(page: Page): HTMLElement {
  return h(
    'section',
    { id: 'tables', class: 'card', 'aria-label': 'Figures' },
    h('h2', {}, 'Figures of the whole run'),
    workloadTable(page),
    edgeTable(page),
    serviceTable(page),
  )
}

function workloadTable({ main, base }: Page): HTMLElement {
  const row = (label: string, [id, one]: [string, (typeof main.run.workload)[string]]): string[] => [
    ...(base === undefined ? [] : [label]),
    id,
    ...[count(one.offered), percent(one.goodput), count(one.failed), count(one.rejected)],
    ...[lengthOfTime(one.latencyMs.p50), lengthOfTime(one.latencyMs.p99), lengthOfTime(one.latencyMs.max)],
  ]
  const rows = Object.entries(main.run.workload).flatMap((entry) => {
    const other = base?.run.workload[entry[0]]
    return [
      row(main.label, entry),
      ...(other === undefined || base === undefined ? [] : [row(base.label, [entry[0], other])]),
    ]
  })
  return table(
    'Workload',
    [
      ...(base === undefined ? [] : ['run']),
      'workload',
      'offered',
      'goodput',
      'failed',
      'rejected',
      'p50',
      'p99',
      'max',
    ],
    rows,
  )
}

function edgeTable({ main, base }: Page): HTMLElement {
  const edges = Object.entries(main.run.edges).sort(([, a], [, b]) => b.attempts - a.attempts)
  const rows = edges.map(([name, edge]) => {
    const { ok = 0, ...others } = edge.outcomes
    const ended = Object.values(others).reduce((all, n) => all + n, ok)
    const common = Object.entries(others)
      .filter(([, n]) => n > 0)
      .sort(([, a], [, b]) => b - a)
      .slice(0, 3)
      .map(([ending, n]) => `${ending} ${count(n)}`)
    const before = base?.run.edges[name]
    return [
      name,
      ...[count(edge.calls), count(edge.attempts), factor(edge.amplification)],
      ...(base === undefined ? [] : [factor(before?.amplification)]),
      ...[
        percent(ended === 0 ? null : ok / ended),
        lengthOfTime(edge.latencyMs.p50),
        lengthOfTime(edge.latencyMs.p99),
        common.join(', '),
      ],
    ]
  })
  return table(
    'Edges',
    [
      'edge',
      'calls',
      'attempts',
      'attempts a call',
      ...(base === undefined ? [] : [`in ${base.label}`]),
      'ok',
      'p50',
      'p99',
      'not ok',
    ],
    rows,
  )
}

function serviceTable({ main }: Page): HTMLElement {
  const services = Object.entries(main.run.services).sort(([, a], [, b]) => b.server.arrivals - a.server.arrivals)
  const rows = services.map(([name, { goodput, server, instances }]) => [
    name,
    ...[
      count(Object.keys(instances).length),
      count(server.arrivals),
      percent(goodput),
      count(server.errors),
      count(server.refused),
    ],
    ...[percent(server.utilization), lengthOfTime(server.queueMs.mean), lengthOfTime(server.queueMs.p99)],
  ])
  return table(
    'Services',
    ['service', 'instances', 'arrivals', 'goodput', 'errors', 'refused', 'busy', 'line mean', 'line p99'],
    rows,
  )
}

function table(title: string, head: readonly string[], rows: readonly (readonly string[])[]): HTMLElement {
  const body = h('tbody')
  const fill = (most: number): void =>
    body.replaceChildren(
      ...rows
        .slice(0, most)
        .map((row) =>
          h(
            'tr',
            {},
            ...row.map((cell, i) =>
              i === 0 ? h('th', { scope: 'row' }, cell) : h('td', { class: /^[\d–]/.test(cell) ? 'figure' : '' }, cell),
            ),
          ),
        ),
    )
  fill(AT_ONCE)
  const more = h(
    'button',
    { type: 'button', class: 'quiet', hidden: rows.length <= AT_ONCE },
    `all ${count(rows.length)}`,
  )
  more.addEventListener('click', () => {
    fill(rows.length)
    more.hidden = true
  })
  return h(
    'details',
    {},
    h('summary', {}, `${title} (${count(rows.length)})`),
    h(
      'div',
      { class: 'scroll' },
      h('table', {}, h('thead', {}, h('tr', {}, ...head.map((text) => h('th', { scope: 'col' }, text)))), body),
    ),
    more,
  )
}
