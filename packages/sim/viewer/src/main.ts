/** Reads what was written into the page and builds it. */
import { count, lengthOfTime } from '../../src/reporting/figures.ts'
import { createCalls } from './calls.ts'
import { createCharts, createServiceCharts } from './charts.ts'
import { createComparison } from './comparison.ts'
import { type CallDetail, detailOf, type PageData, type PageRun } from './detail.ts'
import { h } from './dom.ts'
import { createEvents } from './events.ts'
import { createGraph } from './graph.ts'
import { trafficByService } from './health.ts'
import { lanesOf } from './lanes.ts'
import { createLanes } from './lanes-view.ts'
import { readLink, writeLink } from './link.ts'
import type { Page, Side } from './page.ts'
import { createScrubber } from './scrubber.ts'
import { goodputOf, lowest } from './series.ts'
import { Store } from './store.ts'
import { createTables } from './tables.ts'
import { createVerdict, verdictOf } from './verdict.ts'

const data = JSON.parse(document.getElementById('seakeep-data')?.textContent ?? '') as PageData
const page = pageOf(data)
show(page)

function pageOf(given: PageData): Page {
  const main = sideOf(given.run)
  const { durationMs } = main.detail
  const first = { t: worstInstant(main), from: 0, to: durationMs, service: undefined, call: worstCall(main), theme: 0 }
  const store = new Store({ ...first, ...readLink(location.hash, durationMs) })
  return { data: given, main, base: given.base && sideOf(given.base), store }
}

function sideOf({ label, run, replay }: PageRun): Side {
  const detail = detailOf(run)
  return { label, run, replay, detail, traffic: trafficByService(detail), lanes: lanesOf(run.events$, run.virtualMs) }
}

/** Where the reader begins: where it was worst, after the warm-up. */
function worstInstant({ detail }: Side): number {
  const workload = Object.values(detail.workload)[0]
  if (workload === undefined) return 0
  const worst = lowest(goodputOf(workload, 5), Math.floor(detail.warmupMs / detail.stepMs))
  return worst === undefined || worst.value > 0.995 ? (detail.faults[0]?.atMs ?? 0) : (worst.step + 0.5) * detail.stepMs
}

/** Whose waterfall is open: the worst call there is. */
function worstCall({ detail }: Side): string | undefined {
  const took = ({ call }: CallDetail): number => (call.until ?? Number.POSITIVE_INFINITY) - call.from
  const [worst] = [...detail.calls].sort((a, b) => Number(a.isGood) - Number(b.isGood) || took(b) - took(a))
  return worst?.id
}

function several(n: number, noun: string): string {
  return `${count(n)} ${noun}${n === 1 ? '' : 's'}`
}

function show(all: Page): void {
  const { store, main } = all
  document
    .getElementById('app')
    ?.replaceChildren(
      top(all),
      ...createComparison(all),
      createVerdict(all),
      createScrubber(all),
      h(
        'div',
        { class: 'split wide' },
        h('div', { class: 'charts' }, createGraph(all), createServiceCharts(all)),
        createCharts(all),
      ),
      createLanes(all),
      h('div', { class: 'split even' }, createEvents(all), createCalls(all)),
      createTables(all),
      foot(all),
    )
  store.follow(['t', 'from', 'to', 'service', 'call'], (choice) => {
    history.replaceState(null, '', `#${writeLink(choice, main.detail.durationMs)}`)
  })
  addEventListener('hashchange', () => store.set(readLink(location.hash, main.detail.durationMs)))
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => store.set({ theme: store.now.theme + 1 }))
}

function top(all: Page): HTMLElement {
  const { main, base, store } = all
  const { run } = main
  const { sign, word, tone } = verdictOf(run)
  const instances = Object.values(run.services).reduce((sum, one) => sum + Object.keys(one.instances).length, 0)
  const facts = [
    `${lengthOfTime(run.virtualMs)} of virtual time`,
    `${several(Object.keys(run.services).length, 'service')}, ${several(instances, 'instance')}`,
    `${count(run.calls)} calls`,
    `seed ${run.seed}`,
    `policies ${run.policiesHash ?? 'none'}`,
  ]
  const other =
    base &&
    h(
      'p',
      { class: 'said' },
      `Shown: ${main.label}. Dotted, to compare with: ${base.label}, seed ${base.run.seed}, ${verdictOf(base.run).word}.`,
    )
  const theme = h('button', { type: 'button', class: 'quiet', title: 'Light or dark' }, '◐ theme')
  theme.addEventListener('click', () => {
    const { documentElement: root } = document
    const isDark =
      root.dataset.theme === undefined
        ? matchMedia('(prefers-color-scheme: dark)').matches
        : root.dataset.theme === 'dark'
    root.dataset.theme = isDark ? 'light' : 'dark'
    store.set({ theme: store.now.theme + 1 })
  })
  return h(
    'header',
    { id: 'top' },
    h('span', { class: `badge ${tone}`, 'aria-hidden': 'true' }, sign),
    h(
      'div',
      { class: 'titles' },
      h('h1', {}, run.scenario),
      h('p', { class: `verdict ${tone}` }, word),
      h('p', { class: 'said' }, facts.join(' · ')),
      other,
    ),
    h('div', { class: 'tools' }, main.replay === undefined ? null : copyButton(main.replay), theme),
  )
}

function copyButton(command: string): HTMLElement {
  const button = h(
    'button',
    { type: 'button', class: 'replay', title: 'Copy the command that makes this run again' },
    h('code', {}, command),
    h('span', {}, 'copy'),
  )
  button.addEventListener('click', () => {
    const told = (word: string): void => button.lastElementChild?.replaceChildren(word)
    // A page from disk may have no clipboard: then the command is there to be selected.
    if (navigator.clipboard === undefined) told('select it')
    else
      navigator.clipboard.writeText(command).then(
        () => told('copied'),
        () => told('select it'),
      )
  })
  return button
}

function foot({ main }: Page): HTMLElement {
  const { versions, traceHash, wallMs } = main.run
  const keys = [
    ['← →', 'a step'],
    ['shift ← →', 'ten steps'],
    ['space', 'play'],
    ['Esc', 'whole run, no service'],
  ]
  return h(
    'footer',
    {},
    h('p', {}, ...keys.flatMap(([key = '', does = '']) => [h('kbd', {}, key), ` ${does}  `])),
    h(
      'p',
      {},
      `seakeep ${versions.seakeep}, Node ${versions.node}, V8 ${versions.v8} · trace ${traceHash} · simulated in ${lengthOfTime(wallMs)}`,
    ),
  )
}
