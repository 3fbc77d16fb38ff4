/** What happened in the chosen stretch, event by event, with a filter. */
import { count, instant } from '../../src/reporting/figures.ts'
import type { RunEvent } from './detail.ts'
import { h } from './dom.ts'
import type { Page } from './page.ts'

const AT_ONCE = 200

const KINDS = ['fault', 'circuit', 'endpoint', 'other'] as const
export type EventKind = (typeof KINDS)[number]

export interface EventFilter {
  readonly fromMs: number
  readonly toMs: number
  readonly service: string | undefined
  readonly text: string
  readonly kinds: ReadonlySet<EventKind>
}

export function kindOf({ type }: RunEvent): EventKind {
  if (type.startsWith('fault')) return 'fault'
  if (type.startsWith('circuit')) return 'circuit'
  return /^(endpoint|instance)/.test(type) ? 'endpoint' : 'other'
}

/** `circuitOpened`, as `circuit opened`. */
export function wordsOf(type: string): string {
  return type.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}

/** Whom it is about and why, in a line. */
export function aboutOf(event: RunEvent): string {
  const { caller, service, endpoint, fault, why } = event
  const whom = [caller, endpoint ?? service].filter((one) => typeof one === 'string').join(' > ')
  return [fault, whom, why].filter((one) => typeof one === 'string' && one !== '').join(' · ')
}

export function filtered(events: readonly RunEvent[], { fromMs, toMs, service, text, kinds }: EventFilter): RunEvent[] {
  const word = text.trim().toLowerCase()
  return events.filter((event) => {
    if (event.atMs < fromMs || event.atMs > toMs || !kinds.has(kindOf(event))) return false
    if (
      service !== undefined &&
      kindOf(event) !== 'fault' &&
      event.service !== service &&
      !String(event.endpoint ?? '').startsWith(`${service}#`)
    )
      return false
    return word === '' || `${wordsOf(event.type)} ${aboutOf(event)}`.toLowerCase().includes(word)
  })
}

export function createEvents(page: Page): HTMLElement {
  const { main, store } = page
  const events = main.run.events$
  const kinds = new Set<EventKind>(KINDS)
  const input = h('input', { type: 'search', placeholder: 'filter', 'aria-label': 'Filter events' })
  const counted = h('p', { class: 'said', role: 'status' })
  const list = h('ol', { class: 'events' })
  let most = AT_ONCE
  const more = h('button', { type: 'button', class: 'quiet', onclick: () => showMore() }, 'show more')
  const showMore = (): void => {
    most += 1000
    draw()
  }
  const draw = (): void => {
    const { from, to, service } = store.now
    const found = filtered(events, { fromMs: from, toMs: to, service, text: input.value, kinds })
    list.replaceChildren(...found.slice(0, most).map((event) => row(event, page)))
    more.hidden = found.length <= most
    const lost =
      main.run.eventsDropped > 0 ? ` The run had ${count(main.run.eventsDropped)} more that were not kept.` : ''
    const whose = service === undefined ? '' : ` about ${service}`
    counted.textContent = `${count(found.length)} of ${count(events.length)} events${whose} in this stretch.${lost}`
  }
  input.addEventListener('input', draw)
  const boxes = KINDS.map((kind) => {
    const box = h('input', { type: 'checkbox', checked: true })
    box.addEventListener('change', () => {
      if (box.checked) kinds.add(kind)
      else kinds.delete(kind)
      draw()
    })
    return h('label', { class: 'chip' }, box, kind)
  })
  store.follow(['from', 'to', 'service'], draw)
  store.follow(['t'], ({ t }) => mark(list, t))
  return h(
    'section',
    { id: 'events', class: 'card', 'aria-label': 'Events' },
    h('header', {}, h('h2', {}, 'Events'), input, h('span', { class: 'chips' }, ...boxes)),
    counted,
    h('div', { class: 'scrolls', tabindex: 0, 'aria-label': 'List of events' }, list),
    more,
  )
}

function row(event: RunEvent, { store }: Page): HTMLElement {
  const kind = kindOf(event)
  return h(
    'li',
    { 'data-at': event.atMs },
    h(
      'button',
      { type: 'button', class: `row event of-${kind}`, onclick: () => store.set({ t: event.atMs }) },
      h('time', {}, instant(event.atMs)),
      h('b', {}, `${kind === 'fault' ? '⚡ ' : ''}${wordsOf(event.type)}`),
      h('span', { class: 'soft' }, aboutOf(event)),
    ),
  )
}

/** What has happened by now is told from what has not. */
function mark(list: HTMLElement, t: number): void {
  for (const item of list.children) item.classList.toggle('ahead', Number(item.getAttribute('data-at')) > t)
}
