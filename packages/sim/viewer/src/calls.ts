/** The worst calls of users, and one of them as a waterfall. */
import { count, instant, lengthOfTime } from '../../src/reporting/figures.ts'
import type { CallDetail } from './detail.ts'
import { h } from './dom.ts'
import type { Page } from './page.ts'
import { type Bar, type Row, rowsOf } from './waterfall-rows.ts'

const PHASES = {
  network: 'on its way',
  line: 'in line',
  work: 'at work',
  wait: 'waiting to try again',
  nobody: 'for nobody any more',
} as const

export function createCalls(page: Page): HTMLElement {
  const { main, store } = page
  const { calls } = main.detail
  const list = h('ol', { class: 'calls' })
  const said = h('p', { class: 'said' })
  const place = h('div', { class: 'waterfall' })
  store.follow(['from', 'to', 'service', 'call'], ({ from, to, service, call }) => {
    const found = calls.filter(
      (one) => one.atMs >= from && one.atMs <= to && (service === undefined || touches(one, service)),
    )
    list.replaceChildren(...[...found].sort(worseFirst).map((one) => callRow(one, one.id === call, page)))
    said.textContent =
      calls.length === 0
        ? 'This document has no calls: it was recorded without detail.'
        : `${count(found.length)} of the ${count(calls.length)} worst calls that were kept${service === undefined ? '' : `, those that touched ${service}`}.`
  })
  store.follow(['call'], ({ call }) => {
    const one = calls.find(({ id }) => id === call)
    place.replaceChildren(
      ...(one === undefined
        ? [h('p', { class: 'empty' }, 'Choose a call to see what was done for it.')]
        : waterfall(one, page)),
    )
  })
  return h(
    'section',
    { id: 'calls', class: 'card', 'aria-label': 'Worst calls' },
    h('header', {}, h('h2', {}, 'Worst calls')),
    said,
    h(
      'div',
      { class: 'calls-split' },
      h('div', { class: 'scrolls', tabindex: 0, 'aria-label': 'List of calls' }, list),
      place,
    ),
  )
}

function tookMs({ call }: CallDetail): number {
  return call.until === null ? Number.POSITIVE_INFINITY : call.until - call.from
}

function worseFirst(a: CallDetail, b: CallDetail): number {
  return Number(a.isGood) - Number(b.isGood) || tookMs(b) - tookMs(a) || a.atMs - b.atMs
}

function touches({ call }: CallDetail, service: string): boolean {
  const search = [call]
  for (let one = search.pop(); one !== undefined; one = search.pop()) {
    if (one.service === service) return true
    for (const { calls = [] } of one.attempts) search.push(...calls)
  }
  return false
}

function callRow(one: CallDetail, isChosen: boolean, { store }: Page): HTMLElement {
  const { call, isGood, atMs, id, workload } = one
  const word = isGood ? 'good' : call.ending === 'ok' ? 'late' : call.ending
  const choose = (): void => store.set({ call: id, t: atMs })
  return h(
    'li',
    {},
    h(
      'button',
      { type: 'button', class: `row call${isChosen ? ' chosen' : ''}`, 'aria-pressed': isChosen, onclick: choose },
      h('span', { class: `sign ${isGood ? 'good' : 'bad'}` }, isGood ? '✓' : '✗'),
      h('time', {}, instant(atMs)),
      h('b', {}, word),
      h('span', { class: 'figure' }, lengthOfTime(tookMs(one))),
      h(
        'span',
        { class: 'soft' },
        `${workload}${call.attempts.length > 1 ? ` · ${call.attempts.length} attempts` : ''}`,
      ),
    ),
  )
}

function waterfall(one: CallDetail, { main }: Page): Node[] {
  const rows = rowsOf(one, main.detail.faults, main.run.virtualMs - one.atMs)
  const answered = one.call.until ?? main.run.virtualMs - one.atMs
  // Work for nobody may go on for long; the picture gives it half as much room again.
  const endMs = Math.min(
    Math.max(answered, ...rows.flatMap(({ bars }) => bars.map(({ until }) => until))),
    answered * 1.5 || 1,
  )
  const scale = h(
    'div',
    { class: 'w-row w-scale', 'aria-hidden': 'true' },
    h('span'),
    h(
      'span',
      { class: 'w-track' },
      ...[0, 0.25, 0.5, 0.75].map((share) => h('i', { style: `left:${share * 100}%` }, lengthOfTime(endMs * share))),
    ),
  )
  const head = h(
    'header',
    {},
    h('h3', {}, `Call ${one.id}`),
    h(
      'span',
      { class: 'soft' },
      `${one.workload}, offered at ${instant(one.atMs)}${one.cut === undefined ? '' : `; ${count(one.cut)} further parts left out`}`,
    ),
  )
  return [
    head,
    h(
      'div',
      { class: 'w-rows', role: 'table', 'aria-label': `Waterfall of call ${one.id}` },
      scale,
      ...rows.map((row) => waterfallRow(row, endMs, answered)),
    ),
    phaseLegend(),
    ...policyLines(one),
  ]
}

/** Which lines of the policy document had a say in how it ended. */
function policyLines({ decidedBy = [] }: CallDetail): Node[] {
  if (decidedBy.length === 0) return []
  const row = ({ edge, path, value, written }: (typeof decidedBy)[number]): HTMLElement =>
    h(
      'tr',
      {},
      h('td', { class: 'soft' }, edge),
      h('th', { scope: 'row', class: 'mono' }, path),
      h('td', { class: 'figure' }, value),
      h('td', { class: 'mono soft' }, written),
    )
  return [
    h('h3', { class: 'lines' }, 'Policy lines that decided'),
    h('div', { class: 'scroll' }, h('table', { class: 'policy-lines' }, h('tbody', {}, ...decidedBy.map(row)))),
  ]
}

function waterfallRow(
  { depth, kind, label, ending, isOk, from, until, bars, said, decided }: Row,
  endMs: number,
  answered: number,
): HTMLElement {
  const at = (ms: number): number => Math.min(100, (100 * ms) / endMs)
  const bar = (one: Bar): HTMLElement =>
    h('i', {
      class: `w-bar ${one.phase}`,
      style: `left:${at(one.from)}%;width:max(1px,${at(one.until) - at(one.from)}%)`,
      title: `${PHASES[one.phase]} ${lengthOfTime(one.until - one.from)}`,
    })
  const span =
    kind === 'call'
      ? h('i', {
          class: `w-span ${isOk ? 'good' : 'bad'}`,
          style: `left:${at(from)}%;width:max(2px,${at(until) - at(from)}%)`,
        })
      : null
  const gaveUp = answered < endMs ? h('i', { class: 'w-end', style: `left:${at(answered)}%` }) : null
  return h(
    'div',
    { class: `w-row ${kind}`, role: 'row' },
    h(
      'span',
      { class: 'w-label', role: 'cell', style: `padding-left:${depth * 11}px`, title: label },
      h('b', { class: isOk ? 'good' : 'bad' }, isOk ? '✓ ' : '✗ '),
      label,
    ),
    h(
      'span',
      {
        class: 'w-track',
        role: 'cell',
        'aria-label': `${ending}, from ${lengthOfTime(from)} to ${lengthOfTime(until)}`,
      },
      span,
      ...bars.map(bar),
      gaveUp,
    ),
    said === '' ? null : h('span', { class: 'w-said', role: 'cell', style: `padding-left:${depth * 11 + 15}px` }, said),
    ...decided.map(({ what, said: text, bad }) =>
      h(
        'span',
        { class: 'w-said', style: `padding-left:${depth * 11 + 15}px` },
        h('span', { class: `w-what${bad === true ? ' bad' : ''}` }, what),
        ` ${text}`,
      ),
    ),
  )
}

function phaseLegend(): HTMLElement {
  return h(
    'p',
    { class: 'legend' },
    ...Object.entries(PHASES).map(([phase, word]) => h('span', {}, h('i', { class: `w-bar ${phase} sample` }), word)),
  )
}
