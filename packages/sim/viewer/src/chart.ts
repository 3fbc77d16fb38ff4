/**
 * One chart over time, on uPlot: fault bands behind, the chosen instant as a line, a stretch chosen by dragging. Beside the
 * colours stand the names with their values at that instant, and under the title a sentence that says what the picture
 * shows.
 */
import uPlot from 'uplot'
import { clock } from '../../src/reporting/figures.ts'
import type { Series } from './detail.ts'
import { colour, h } from './dom.ts'
import type { Page } from './page.ts'
import { instantsOf, stepAt } from './series.ts'

export interface ChartLine {
  readonly label: string
  readonly values: Series
  /** A colour of the page. */
  readonly colour: string
  readonly dash?: readonly number[]
  readonly width?: number
  /** Filled down to zero, or to the line before it where lines are stacked. */
  readonly isFilled?: boolean
  /** Drawn, but not named. */
  readonly isQuiet?: boolean
  /** What is said of it; where lines are stacked the drawn value is not what it stands for. */
  readonly said?: Series
  readonly isStepped?: boolean
}

export interface ChartSpec {
  readonly id: string
  readonly title: string
  readonly stepMs: number
  readonly lines: readonly ChartLine[]
  readonly format: (value: number | null | undefined) => string
  readonly height?: number
  readonly isLog?: boolean
  readonly range?: readonly [number, number]
  readonly atLeast?: number
  /** What the chosen stretch shows, in words. */
  readonly say: (fromMs: number, toMs: number) => string
  /** Filled between two lines, by their index. */
  readonly bands?: readonly { readonly between: readonly [number, number]; readonly colour: string }[]
  /** Drawn behind the lines. */
  readonly behind?: (u: uPlot, context: CanvasRenderingContext2D) => void
}

const SYNC = 'seakeep'

export function createChart(page: Page, spec: ChartSpec): HTMLElement {
  const said = h('p', { class: 'said' })
  const names = h('div', { class: 'names' })
  const place = h('div', { class: 'plot' })
  const id = `chart-${spec.id}`
  const figure = h(
    'figure',
    { class: 'chart card', id, 'aria-label': spec.title },
    h('figcaption', {}, h('h3', {}, spec.title), names),
    said,
    place,
  )
  const steps = Math.max(0, ...spec.lines.map(({ values }) => values.length))
  const chips = spec.lines.flatMap((line) => {
    if (line.isQuiet === true) return []
    const value = h('b')
    const sample = h('i', {
      class: `swatch${line.dash === undefined ? '' : ' dashed'}`,
      style: `--c:var(--${line.colour})`,
    })
    names.append(h('span', { class: 'name' }, sample, `${line.label} `, value))
    return [{ line, value }]
  })
  const plot = steps === 0 ? undefined : plotOf(page, spec, steps, place)
  if (plot === undefined) place.append(h('p', { class: 'empty' }, 'nothing was recorded'))
  page.store.follow(['t'], ({ t }) => {
    const step = stepAt(t, spec.stepMs, steps)
    for (const { line, value } of chips) value.textContent = spec.format((line.said ?? line.values)[step])
    plot?.redraw(false, false)
  })
  page.store.follow(['from', 'to'], ({ from, to }) => {
    said.textContent = spec.say(from, to)
    plot?.setScale('x', { min: from / 1000, max: to / 1000 })
  })
  page.store.follow(['theme'], () => plot?.redraw())
  return figure
}

function plotOf(page: Page, spec: ChartSpec, steps: number, place: HTMLElement): uPlot {
  const { store } = page
  const height = spec.height ?? 150
  const axis = {
    stroke: () => colour('soft'),
    grid: { stroke: () => colour('grid'), width: 1 },
    ticks: { show: false },
  }
  const font = '11px system-ui, sans-serif'
  const options: uPlot.Options = {
    width: Math.max(280, place.clientWidth || 560),
    height,
    padding: [8, 16, 0, 0],
    legend: { show: false },
    cursor: {
      sync: { key: SYNC, setSeries: false },
      drag: { x: true, y: false, setScale: false },
      points: { show: false },
      bind: {
        dblclick: () => () => {
          store.set({ from: 0, to: page.main.detail.durationMs })
          return null
        },
      },
    },
    scales: {
      x: { time: false, range: () => [store.now.from / 1000, store.now.to / 1000] },
      y:
        spec.isLog === true
          ? { distr: 3, ...(spec.range && { range: () => [...spec.range!] as [number, number] }) }
          : { range: (_u, min, max) => yRange(spec, min, max) },
    },
    axes: [
      { ...axis, font, size: 24, gap: 6, values: (_u, ticks) => ticks.map((s) => clock(s * 1000)), space: 70 },
      {
        ...axis,
        font,
        size: 58,
        gap: 4,
        space: 32,
        values: (_u, ticks) => ticks.map((value) => (value === null ? '' : spec.format(value))),
        ...(spec.isLog === true ? { splits: (_u, _axis, min, max) => decades(min, max) } : {}),
      },
    ],
    series: [
      {},
      ...spec.lines.map(
        (line): uPlot.Series => ({
          label: line.label,
          stroke: () => colour(line.colour),
          width: line.width ?? 1.75,
          points: { show: false },
          ...(line.dash === undefined ? {} : { dash: [...line.dash] }),
          ...(line.isFilled === true ? { fill: () => `${colour(line.colour)}2e` } : {}),
          ...(line.isStepped === true && uPlot.paths.stepped !== undefined
            ? { paths: uPlot.paths.stepped({ align: 1 }) }
            : {}),
        }),
      ),
    ],
    bands: (spec.bands ?? []).map(({ between: [a, b], colour: name }) => ({
      series: [a + 1, b + 1] as [number, number],
      fill: () => `${colour(name)}66`,
    })),
    hooks: {
      drawClear: [(u) => drawBehind(u, page, spec)],
      draw: [(u) => drawInstant(u, store.now.t)],
      setSelect: [(u) => choose(u, page)],
    },
  }
  const data: uPlot.AlignedData = [
    instantsOf(steps, spec.stepMs),
    ...spec.lines.map(({ values }) => Array.from({ length: steps }, (_, i) => values[i] ?? null)),
  ]
  const plot = new uPlot(options, data, place)
  followClicks(plot, page)
  new ResizeObserver(() => {
    const width = Math.floor(place.clientWidth)
    if (width > 0 && width !== plot.width) plot.setSize({ width, height })
  }).observe(place)
  return plot
}

function yRange({ range, atLeast = 0 }: ChartSpec, min: number | null, max: number | null): [number, number] {
  if (range !== undefined) return [...range]
  return [Math.min(0, min ?? 0), Math.max(atLeast, (max ?? 1) * 1.08) || 1]
}

/** 1, 10, 100: of a logarithmic axis all others would stand too close. */
function decades(min: number, max: number): number[] {
  const first = Math.ceil(Math.log10(min) - 1e-9)
  const last = Math.floor(Math.log10(max) + 1e-9)
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => 10 ** (first + i))
}

function drawBehind(u: uPlot, { main }: Page, spec: ChartSpec): void {
  const { ctx } = u
  const { left, top, width, height } = u.bbox
  ctx.save()
  ctx.beginPath()
  ctx.rect(left, top, width, height)
  ctx.clip()
  ctx.fillStyle = colour('fault-band')
  for (const { atMs, untilMs } of main.detail.faults) {
    const from = u.valToPos(atMs / 1000, 'x', true)
    const until = u.valToPos((untilMs ?? main.detail.durationMs) / 1000, 'x', true)
    ctx.fillRect(from, top, Math.max(2, until - from), height)
  }
  if (main.detail.warmupMs > 0) {
    ctx.fillStyle = colour('warmup-band')
    const until = u.valToPos(main.detail.warmupMs / 1000, 'x', true)
    if (until > left) ctx.fillRect(left, top, until - left, height)
  }
  spec.behind?.(u, ctx)
  ctx.restore()
}

function drawInstant(u: uPlot, t: number): void {
  const { ctx } = u
  const { left, top, width, height } = u.bbox
  const x = Math.round(u.valToPos(t / 1000, 'x', true))
  if (x < left || x > left + width) return
  ctx.save()
  ctx.fillStyle = colour('ink')
  ctx.fillRect(x - 1, top, Math.max(1.5, devicePixelRatio), height)
  ctx.restore()
}

/** Dragging chooses a stretch. */
function choose(u: uPlot, { store }: Page): void {
  const { left, width } = u.select
  if (width < 4) return
  const from = Math.max(0, u.posToVal(left, 'x') * 1000)
  store.set({ from, to: u.posToVal(left + width, 'x') * 1000, t: from })
  u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
}

/** A click chooses an instant. */
function followClicks(u: uPlot, { store }: Page): void {
  let downX = Number.NaN
  u.over.addEventListener('mousedown', (event) => {
    downX = event.offsetX
  })
  u.over.addEventListener('click', (event) => {
    if (Math.abs(event.offsetX - downX) < 4) store.set({ t: Math.max(0, u.posToVal(event.offsetX, 'x') * 1000) })
  })
}
