/** Breakers, ejections and the like as bars over time, the most troubled first. */
import { clock, count, lengthOfTime } from '../../src/reporting/figures.ts'
import { h } from './dom.ts'
import type { Lane, LaneState } from './lanes.ts'
import type { Page } from './page.ts'

const MOST_LANES = 14

const STATE_WORDS: Readonly<Record<LaneState, string>> = {
  open: 'open',
  'half-open': 'half-open',
  ejected: 'ejected',
  shedding: 'sheds load',
  panic: 'panic',
  down: 'gone from the registry',
}

export function createLanes(page: Page): HTMLElement {
  const { main, store } = page
  const rows = h('div', { class: 'lanes' })
  const said = h('p', { class: 'said' })
  let most = MOST_LANES
  const more = h('button', { type: 'button', class: 'quiet', onclick: () => showMore() })
  const showMore = (): void => {
    most += 100
    draw()
  }
  const draw = (): void => {
    const { from, to, service } = store.now
    const found = main.lanes.filter(
      (lane) =>
        (service === undefined || lane.service === service) &&
        lane.stretches.some((one) => one.fromMs < to && one.untilMs > from),
    )
    rows.replaceChildren(...found.slice(0, most).map((lane) => laneRow(lane, from, to, page)))
    const left = found.length - Math.min(most, found.length)
    more.hidden = left === 0
    more.textContent = `${count(left)} more`
    said.textContent = saying(found, service)
    place()
  }
  const line = h('div', { class: 'lane-now' })
  const place = (): void => {
    const { from, to, t } = store.now
    const share = (t - from) / (to - from)
    line.style.setProperty('--at', String(share))
    line.hidden = share < 0 || share > 1 || rows.childElementCount === 0
  }
  store.follow(['from', 'to', 'service'], draw)
  store.follow(['t'], place)
  const legend = h(
    'p',
    { class: 'legend' },
    ...(['open', 'half-open', 'ejected', 'shedding'] as const).map((state) =>
      h('span', {}, h('i', { class: `bar ${state}` }), STATE_WORDS[state]),
    ),
  )
  return h(
    'section',
    { id: 'lanes', class: 'card', 'aria-label': 'Breakers and ejections' },
    h('header', {}, h('h2', {}, 'Breakers and ejections'), legend),
    said,
    h('div', { class: 'lanes-place' }, rows, line),
    more,
  )
}

function saying(lanes: readonly Lane[], service: string | undefined): string {
  const of = service === undefined ? '' : ` about ${service}`
  if (lanes.length === 0) return `Nothing was opened, ejected or shed${of} in this stretch.`
  const kinds = new Map<string, number>()
  for (const { kind } of lanes) kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  const words = [...kinds].map(
    ([kind, n]) => `${count(n)} ${kind}${n === 1 ? '' : kind === 'shedding' || kind === 'panic' ? '' : 's'}`,
  )
  return `${words.join(', ')}${of}. A lane is one caller's view: each has breakers and an eye on endpoints of its own.`
}

function laneRow(lane: Lane, from: number, to: number, { store }: Page): HTMLElement {
  const bars = lane.stretches
    .filter(({ fromMs, untilMs }) => fromMs < to && untilMs > from)
    .map(({ state, fromMs, untilMs, why }) => {
      const left = Math.max(0, (100 * (fromMs - from)) / (to - from))
      const right = Math.min(100, (100 * (untilMs - from)) / (to - from))
      const text = `${STATE_WORDS[state]} from ${clock(fromMs)} for ${lengthOfTime(untilMs - fromMs)}${why === '' ? '' : `: ${why}`}`
      return h('i', {
        class: `bar ${state}`,
        style: `left:${left}%;width:max(3px,${right - left}%)`,
        title: text,
        onclick: () => store.set({ t: fromMs }),
      })
    })
  const times = lane.stretches.filter(({ state }) => state !== 'half-open').length
  const said = `${times}×, ${lengthOfTime(lane.troubledMs)}`
  return h(
    'div',
    { class: 'lane' },
    h('span', { class: 'lane-name', title: lane.name }, h('em', {}, lane.kind), ` ${lane.name}`),
    h('span', { class: 'lane-track' }, ...bars),
    h('span', { class: 'lane-said' }, said),
  )
}
