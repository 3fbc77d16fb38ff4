/** What all seeds of two sides came to: a line a figure, as the terminal prints it. */
import type { ComparisonData } from './detail.ts'
import { h } from './dom.ts'
import type { Page } from './page.ts'

type Line = ComparisonData['lines'][number]

export function createComparison({ data: { comparison }, main, base }: Page): HTMLElement[] {
  if (comparison === undefined || base === undefined) return []
  const { verdict, tone, seeds, intervalTitle, lines } = comparison
  const heads = ['', '', base.label, main.label, 'difference', intervalTitle, `${main.label} better`, '']
  const table = h(
    'table',
    { class: 'compared' },
    h('thead', {}, h('tr', {}, ...heads.map((text) => h('th', { scope: 'col' }, text)))),
    h('tbody', {}, ...lines.map(row)),
  )
  const same = h('p', { class: 'empty' }, 'There is no difference to show.')
  const section = h(
    'section',
    { id: 'comparison', class: 'card', 'aria-label': 'Comparison' },
    h('header', {}, h('h2', {}, 'Comparison'), h('b', { class: `word ${tone}` }, verdict)),
    h(
      'p',
      { class: 'said' },
      `${main.label} against ${base.label}, ${seeds}. Below are both with seed ${main.run.seed}, over each other.`,
    ),
    lines.length === 0 ? same : h('div', { class: 'scroll' }, table),
  )
  return [section]
}

function row({ sign, tone, figure, base, head, difference, interval, better, verdict }: Line): HTMLElement {
  const toned = { class: `word ${tone}` }
  return h(
    'tr',
    {},
    h('td', toned, h('b', {}, sign)),
    h('th', { scope: 'row' }, figure),
    h('td', { class: 'figure soft' }, base),
    h('td', { class: 'figure' }, head),
    h('td', { class: `figure word ${tone}` }, difference),
    h('td', { class: 'figure soft' }, interval),
    h('td', { class: 'soft' }, better),
    h('td', toned, verdict),
  )
}
