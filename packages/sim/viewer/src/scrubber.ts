/** The run as one line of time: goodput under the faults, the chosen instant and stretch, and a way to let it play. */
import { clock, instant, percent } from '../../src/reporting/figures.ts'
import type { FaultDetail } from './detail.ts'
import { h, svg } from './dom.ts'
import type { Page } from './page.ts'
import { goodputOf, stepAt } from './series.ts'

/** The whole run plays in so many seconds. */
const PLAYS_FOR_S = 20

export function createScrubber(page: Page): HTMLElement {
  const { main, store } = page
  const { durationMs, stepMs } = main.detail
  const workload = Object.values(main.detail.workload)[0]
  const goodput = workload === undefined ? [] : goodputOf(workload)
  const percentOf = (ms: number): number => (100 * ms) / durationMs

  const thumb = h('div', { class: 'thumb' })
  const chosen = h('div', { class: 'chosen' })
  const track = h(
    'div',
    {
      class: 'track',
      role: 'slider',
      tabindex: 0,
      'aria-label': 'Instant of the run',
      'aria-valuemin': 0,
      'aria-valuemax': Math.round(durationMs / 1000),
    },
    area(goodput),
    chosen,
    thumb,
  )
  const faults = h('div', { class: 'faults' })
  const rows = rowsOf(main.detail.faults, durationMs)
  faults.style.height = `${Math.min(4, Math.max(1, rows.length)) * 18}px`
  rows.forEach((row, at) => {
    for (const fault of row) faults.append(faultBar(fault, at, durationMs, page))
  })
  if (main.detail.faults.length === 0) faults.append(h('span', { class: 'soft' }, 'no faults'))

  const now = h('output', { class: 'now', 'aria-live': 'off' })
  const range = h('span', { class: 'soft range' })
  const whole = h(
    'button',
    { type: 'button', class: 'quiet', onclick: () => store.set({ from: 0, to: durationMs }) },
    'whole run',
  )
  const play = h('button', { type: 'button', class: 'play', 'aria-label': 'Play', title: 'Play (space)' }, '▶')
  const player = new Player(page, play)
  play.addEventListener('click', () => player.toggle())
  track.append(ticks(durationMs))

  const toTime = (event: PointerEvent): number => {
    const { left, width } = track.getBoundingClientRect()
    return Math.min(1, Math.max(0, (event.clientX - left) / width)) * durationMs
  }
  let fromMs: number | undefined
  track.addEventListener('pointerdown', (event) => {
    track.setPointerCapture(event.pointerId)
    fromMs = toTime(event)
    if (!event.shiftKey) store.set({ t: fromMs })
  })
  track.addEventListener('pointermove', (event) => {
    if (fromMs === undefined) return
    const ms = toTime(event)
    if (!event.shiftKey) store.set({ t: ms })
    else if (Math.abs(ms - fromMs) > stepMs) store.set({ from: Math.min(ms, fromMs), to: Math.max(ms, fromMs) })
  })
  track.addEventListener('pointerup', () => {
    fromMs = undefined
  })

  store.follow(['t'], ({ t }) => {
    thumb.style.left = `${percentOf(t)}%`
    const here = goodput[stepAt(t, stepMs, goodput.length)]
    now.textContent = instant(t)
    track.setAttribute('aria-valuenow', String(Math.round(t / 1000)))
    track.setAttribute('aria-valuetext', `${clock(t)}, goodput ${percent(here)}`)
  })
  store.follow(['from', 'to'], ({ from, to }) => {
    const isWhole = from <= 0 && to >= durationMs
    chosen.style.left = `${percentOf(from)}%`
    chosen.style.width = `${percentOf(to - from)}%`
    chosen.hidden = isWhole
    whole.hidden = isWhole
    range.textContent = isWhole ? 'drag over a chart to choose a stretch' : `${clock(from)} to ${clock(to)}`
  })
  document.addEventListener('keydown', (event) => onKey(event, page, player))

  return h(
    'section',
    { id: 'scrubber', 'aria-label': 'Time' },
    h('div', { class: 'controls' }, play, now, range, whole),
    h('div', { class: 'rail' }, faults, track),
  )
}

/** Faults that overlap stand below each other. */
export function rowsOf(faults: readonly FaultDetail[], durationMs: number): FaultDetail[][] {
  const rows: FaultDetail[][] = []
  for (const fault of faults) {
    // A short bar still needs room for its name.
    const row = rows.find((one) =>
      one.every(
        (other) => other.atMs + Math.max((other.untilMs ?? durationMs) - other.atMs, durationMs * 0.12) <= fault.atMs,
      ),
    )
    if (row === undefined) rows.push([fault])
    else row.push(fault)
  }
  return rows
}

function faultBar(
  { label, atMs, untilMs }: FaultDetail,
  row: number,
  durationMs: number,
  { store }: Page,
): HTMLElement {
  const until = untilMs ?? durationMs
  const left = (100 * atMs) / durationMs
  const width = (100 * (Math.min(until, durationMs) - atMs)) / durationMs
  const text = `${label}, ${clock(atMs)} to ${untilMs === null ? 'the end' : clock(until)}`
  const name = h('span', {}, label)
  if (left > 75) name.className = 'before'
  return h(
    'button',
    {
      type: 'button',
      class: 'fault',
      title: text,
      'aria-label': `Fault: ${text}`,
      style: `left:${left}%;width:${width}%;top:${Math.min(3, row) * 18}px`,
      onclick: () => store.set({ t: atMs }),
    },
    name,
  )
}

function area(goodput: readonly (number | null)[]): SVGElement {
  const steps = Math.max(1, goodput.length)
  const points = goodput.map(
    (value, i) => `${i},${(100 - (value ?? 0) * 100).toFixed(1)} ${i + 1},${(100 - (value ?? 0) * 100).toFixed(1)}`,
  )
  return svg(
    'svg',
    { viewBox: `0 0 ${steps} 100`, preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    svg('polygon', { points: `0,100 ${points.join(' ')} ${steps},100`, class: 'area' }),
  )
}

function ticks(durationMs: number): HTMLElement {
  const gaps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600]
  const gapMs = (gaps.find((gap) => durationMs / (gap * 1000) <= 12) ?? 7200) * 1000
  const marks = Array.from({ length: Math.floor(durationMs / gapMs) + 1 }, (_, i) => i * gapMs).filter(
    (ms) => ms < durationMs * 0.99,
  )
  return h(
    'div',
    { class: 'ticks', 'aria-hidden': 'true' },
    ...marks.map((ms) => h('span', { style: `left:${(100 * ms) / durationMs}%` }, clock(ms))),
  )
}

class Player {
  readonly #page: Page
  readonly #button: HTMLElement
  #lastMs: number | undefined
  #isOn = false

  constructor(page: Page, button: HTMLElement) {
    this.#page = page
    this.#button = button
  }

  toggle(): void {
    this.#isOn = !this.#isOn
    this.#lastMs = undefined
    this.#button.textContent = this.#isOn ? '❚❚' : '▶'
    this.#button.setAttribute('aria-label', this.#isOn ? 'Pause' : 'Play')
    const { store } = this.#page
    if (!this.#isOn) return
    if (store.now.t >= store.now.to - 1) store.set({ t: store.now.from })
    requestAnimationFrame((ms) => this.#go(ms))
  }

  #go(ms: number): void {
    if (!this.#isOn) return
    const { store, main } = this.#page
    const passed = ((ms - (this.#lastMs ?? ms)) * main.detail.durationMs) / (PLAYS_FOR_S * 1000)
    this.#lastMs = ms
    const t = Math.min(store.now.to, store.now.t + passed)
    store.set({ t })
    if (t >= store.now.to) this.toggle()
    else requestAnimationFrame((next) => this.#go(next))
  }
}

/** Arrows go a step, with shift ten; space plays; Home and End; Escape gives the whole run back. */
function onKey(event: KeyboardEvent, { store, main }: Page, player: Player): void {
  const { target } = event
  if (
    target instanceof HTMLInputElement ||
    target instanceof HTMLSelectElement ||
    event.metaKey ||
    event.ctrlKey ||
    event.altKey
  )
    return
  const { stepMs, durationMs } = main.detail
  const step = stepMs * (event.shiftKey ? 10 : 1)
  const { t } = store.now
  const to = (ms: number): void => store.set({ t: Math.min(durationMs, Math.max(0, ms)) })
  const isButton =
    target instanceof HTMLButtonElement ||
    (target instanceof Element && target.closest('[role="button"], summary') !== null)
  if (event.key === 'ArrowLeft') to(t - step)
  else if (event.key === 'ArrowRight') to(t + step)
  else if (event.key === 'Home' && !event.shiftKey) to(0)
  else if (event.key === 'End' && !event.shiftKey) to(durationMs)
  else if (event.key === ' ' && !isButton) player.toggle()
  else if (event.key === 'Escape') store.set({ from: 0, to: durationMs, service: undefined })
  else return
  event.preventDefault()
}
