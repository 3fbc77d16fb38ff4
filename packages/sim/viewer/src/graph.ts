/** The services and who calls whom, as they were at the chosen instant. */
import { clock, count, factor, percent, rate } from '../../src/reporting/figures.ts'
import { h, svg } from './dom.ts'
import { healthOf, SIGNS, WORDS } from './health.ts'
import { troubledAt } from './lanes.ts'
import {
  type Box,
  columnsOf,
  ends,
  type Line,
  MOST_IN_GRAPH,
  NODE,
  neighbourhood,
  placeGraph,
  placeMap,
} from './layout.ts'
import type { Page } from './page.ts'
import { stepAt, sum } from './series.ts'
import type { Choice } from './store.ts'

export function createGraph(page: Page): HTMLElement {
  const services = Object.keys(page.main.detail.services)
  const isMap = services.length > MOST_IN_GRAPH
  const place = h('div', { class: 'graph-place' })
  const title = h('h2', {}, 'Services')
  const at = h('span', { class: 'soft' })
  const facts = h('div', { class: 'facts' })
  const search = isMap ? searchField(page, services) : null
  let drawing: Drawing | undefined
  page.store.follow(['service'], ({ service }) => {
    if (isMap || drawing === undefined) {
      drawing = isMap && service === undefined ? drawMap(page, services) : drawGraph(page, isMap ? service : undefined)
      const back =
        isMap &&
        service !== undefined &&
        h(
          'button',
          { type: 'button', class: 'quiet', onclick: () => page.store.set({ service: undefined }) },
          `← all ${count(services.length)} services`,
        )
      place.replaceChildren(...(back ? [back] : []), drawing.element)
    }
    drawing.update(page.store.now)
    facts.replaceChildren(...factsOf(page, page.store.now))
  })
  page.store.follow(['t'], (choice) => {
    at.textContent = `at ${clock(choice.t)}`
    drawing?.update(choice)
    facts.replaceChildren(...factsOf(page, choice))
  })
  return h(
    'section',
    { id: 'services', class: 'card', 'aria-label': 'Service graph' },
    h('header', {}, title, at, search),
    place,
    facts,
    legend(),
  )
}

interface Drawing {
  readonly element: Element
  update(choice: Choice): void
}

function drawGraph(page: Page, focus: string | undefined): Drawing {
  const { main } = page
  const edges = Object.keys(main.detail.edges).length > 0 ? Object.keys(main.detail.edges) : Object.keys(main.run.edges)
  const busy = new Map(edges.map((edge) => [edge, sum(main.detail.edges[edge]?.calls ?? [])]))
  const shown = focus === undefined ? edges : neighbourhood(focus, busy)
  const placed = placeGraph(shown, focus === undefined ? Object.keys(main.detail.services) : [focus])
  const lines = placed.lines.map((line) => lineView(page, line))
  const boxes = placed.boxes.map((box) => boxView(page, box))
  const picture = svg(
    'svg',
    {
      class: 'graph',
      viewBox: `0 0 ${Math.ceil(placed.width)} ${Math.ceil(placed.height)}`,
      style: `max-width:${Math.ceil(placed.width * 1.15)}px`,
      role: 'group',
      'aria-label': 'Services and their calls',
    },
    arrowHeads(),
    ...lines.map(({ element }) => element),
    ...boxes.map(({ element }) => element),
  )
  return {
    element: picture,
    update(choice) {
      for (const one of [...lines, ...boxes]) one.update(choice)
    },
  }
}

function arrowHeads(): SVGElement {
  const head = (name: string): SVGElement =>
    svg(
      'marker',
      {
        id: `arrow-${name}`,
        viewBox: '0 0 8 8',
        refX: 7,
        refY: 4,
        markerWidth: 7,
        markerHeight: 7,
        markerUnits: 'userSpaceOnUse',
        orient: 'auto',
      },
      svg('path', { d: 'M0 0.8 L7.5 4 L0 7.2 z', class: `arrow ${name}` }),
    )
  return svg('defs', {}, head('good'), head('warn'), head('bad'), head('idle'))
}

function lineView({ main }: Page, line: Line): Drawing {
  const { detail } = main
  const path = svg('path', { d: pathOf(line.points), class: 'edge' })
  const middle = line.points[Math.floor(line.points.length / 2)] ?? { x: 0, y: 0 }
  const text = svg('text', { x: middle.x, y: middle.y - 4, class: 'edge-text' })
  const about = svg('title')
  const edge = detail.edges[line.name]
  return {
    element: svg('g', {}, about, path, text),
    update({ t }) {
      const step = stepAt(t, detail.stepMs, edge?.calls.length ?? 0)
      const calls = edge?.calls[step] ?? 0
      const bad = edge?.bad[step] ?? 0
      const attempts = edge?.attempts?.[step]
      const health = healthOf(bad, calls)
      const perS = (calls * 1000) / detail.stepMs
      path.setAttribute('class', `edge ${health}`)
      path.setAttribute('stroke-width', String(calls === 0 ? 1 : Math.min(6, 1 + Math.log10(1 + perS) * 1.3)))
      path.setAttribute('marker-end', `url(#arrow-${health})`)
      const amplification = attempts === undefined || calls < 3 ? undefined : attempts / calls
      text.textContent = amplification !== undefined && amplification >= 1.1 ? `×${factor(amplification)}` : ''
      about.textContent = `${line.name}: ${rate(perS)} calls/s, ${percent(calls === 0 ? null : 1 - bad / calls)} ok${amplification === undefined ? '' : `, ${factor(amplification)} attempts a call`}`
    },
  }
}

function pathOf(points: Line['points']): string {
  const [first, ...rest] = points
  if (first === undefined) return ''
  const last = rest.at(-1)
  if (last === undefined) return ''
  if (rest.length === 1) return `M${first.x},${first.y}L${last.x},${last.y}`
  // Through the middles of what dagre says, bent at its points: smooth, and never far from them.
  let path = `M${first.x},${first.y}`
  for (let i = 0; i < rest.length - 1; i++) {
    const here = rest[i]!
    const next = rest[i + 1]!
    const end = i === rest.length - 2 ? next : { x: (here.x + next.x) / 2, y: (here.y + next.y) / 2 }
    path += `Q${here.x},${here.y} ${end.x},${end.y}`
  }
  return path
}

function boxView(page: Page, { name, x, y }: Box): Drawing {
  const { main, store } = page
  const service = main.detail.services[name]
  const left = x - NODE.width / 2
  const top = y - NODE.height / 2
  const shape = svg('rect', { x: left, y: top, width: NODE.width, height: NODE.height, rx: 8, class: 'box' })
  const stripe = svg('path', {
    d: `M${left + 8},${top}h-1a7,7 0 0 0 -7,7v${NODE.height - 14}a7,7 0 0 0 7,7h1z`,
    class: 'stripe',
  })
  const label = svg('text', { x: left + 15, y: top + 18, class: 'box-name' }, short(name, 15))
  const second = svg('text', { x: left + 15, y: top + 35, class: 'box-text' })
  const about = svg('title')
  const group = svg('g', { class: 'node', tabindex: 0, role: 'button' }, about, shape, stripe, label, second)
  if (service === undefined) {
    group.setAttribute('class', 'node users')
    group.removeAttribute('role')
    group.removeAttribute('tabindex')
    second.textContent = 'users'
    return { element: group, update: () => {} }
  }
  const choose = (): void => store.set({ service: store.now.service === name ? undefined : name })
  group.addEventListener('click', choose)
  group.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== ' ') return
    event.preventDefault()
    event.stopPropagation()
    choose()
  })
  return {
    element: group,
    update(choice) {
      const { health, perS, ok, trouble } = stateOf(page, name, choice.t)
      group.setAttribute('class', `node ${health}${choice.service === name ? ' chosen' : ''}`)
      group.setAttribute('aria-pressed', String(choice.service === name))
      const isStruck = main.detail.faults.some(
        (fault) =>
          fault.services.includes(name) &&
          fault.atMs <= choice.t &&
          choice.t < (fault.untilMs ?? Number.POSITIVE_INFINITY),
      )
      label.textContent = `${isStruck ? '⚡ ' : ''}${short(name, isStruck ? 13 : 15)}`
      second.textContent =
        health === 'idle'
          ? `${SIGNS.idle} idle · ${service.replicas} inst.`
          : `${SIGNS[health]} ${percent(ok)} · ${rate(perS)}/s`
      about.textContent = `${name}: ${WORDS[health]}, ${service.replicas} instances${trouble}`
      group.setAttribute('aria-label', `${about.textContent}, ${second.textContent}`)
    },
  }
}

function drawMap(page: Page, services: readonly string[]): Drawing {
  const edges = Object.keys(page.main.detail.edges)
  const placed = placeMap(columnsOf(edges, services))
  const cells = placed.boxes.map(({ name, x, y }) => {
    const cell = svg('rect', {
      x: x - placed.cell / 2,
      y: y - placed.cell / 2,
      width: placed.cell,
      height: placed.cell,
      rx: 3,
    })
    const sign = svg('text', { x, y: y + 3.5, class: 'cell-sign' })
    const about = svg('title')
    const group = svg(
      'g',
      { class: 'cell', role: 'button', tabindex: -1, onclick: () => page.store.set({ service: name }) },
      about,
      cell,
      sign,
    )
    return { name, group, about, sign }
  })
  const worst = h('ol', { class: 'worst' })
  const picture = svg(
    'svg',
    {
      class: 'map',
      viewBox: `0 0 ${placed.width} ${placed.height}`,
      style: `max-width:${placed.width * 1.4}px`,
      role: 'group',
      'aria-label': `${count(services.length)} services by distance from the users`,
    },
    ...cells.map(({ group }) => group),
  )
  return {
    element: h('div', {}, picture, h('h3', {}, 'In trouble now'), worst),
    update({ t }) {
      const troubled: {
        readonly name: string
        readonly bad: number
        readonly text: string
        readonly health: string
      }[] = []
      for (const { name, group, about, sign } of cells) {
        const { health, ok, perS, badPerS } = stateOf(page, name, t)
        group.setAttribute('class', `cell ${health}`)
        sign.textContent = health === 'bad' || health === 'warn' ? SIGNS[health] : ''
        about.textContent = `${name}: ${WORDS[health]}, ${percent(ok)} ok, ${rate(perS)}/s`
        if (health === 'bad' || health === 'warn')
          troubled.push({ name, health, bad: badPerS, text: `${percent(ok)} ok · ${rate(perS)}/s` })
      }
      const shown = troubled.sort((a, b) => b.bad - a.bad).slice(0, 10)
      const items = shown.map(({ name, text, health }) =>
        h(
          'li',
          {},
          h(
            'button',
            { type: 'button', class: 'row', onclick: () => page.store.set({ service: name }) },
            h('span', { class: `sign ${health}` }, health === 'bad' ? '✗' : '!'),
            h('span', {}, name),
            h('span', { class: 'soft' }, text),
          ),
        ),
      )
      const more = troubled.length - shown.length
      worst.replaceChildren(
        ...(items.length === 0 ? [h('li', { class: 'empty' }, 'no service')] : items),
        ...(more > 0 ? [h('li', { class: 'soft' }, `and ${count(more)} more`)] : []),
      )
    },
  }
}

interface State {
  readonly health: ReturnType<typeof healthOf>
  readonly perS: number
  readonly badPerS: number
  readonly ok: number | null
  readonly trouble: string
}

function stateOf({ main }: Page, name: string, t: number): State {
  const { stepMs } = main.detail
  const traffic = main.traffic.get(name)
  const step = stepAt(t, stepMs, traffic?.calls.length ?? 0)
  const calls = traffic?.calls[step] ?? 0
  const bad = traffic?.bad[step] ?? 0
  const troubled = troubledAt(main.lanes, name, t)
  const kinds = new Map<string, number>()
  for (const { kind } of troubled) kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  const trouble = [...kinds].map(([kind, n]) => `, ${n} × ${kind}`).join('')
  return {
    health: healthOf(bad, calls),
    perS: (calls * 1000) / stepMs,
    badPerS: (bad * 1000) / stepMs,
    ok: calls === 0 ? null : 1 - bad / calls,
    trouble,
  }
}

/** Of the chosen service, else of all: what a picture does not say. */
function factsOf(page: Page, { service, t }: Choice): Node[] {
  const { main } = page
  if (service === undefined) {
    const names = Object.keys(main.detail.services)
    const counts = { good: 0, warn: 0, bad: 0, idle: 0 }
    for (const name of names) counts[stateOf(page, name, t).health] += 1
    const words = Object.entries(counts)
      .filter(([, n]) => n > 0)
      .map(([health, n]) => `${count(n)} ${WORDS[health as keyof typeof WORDS]}`)
    return [h('p', { class: 'said' }, `${words.join(', ')}. Choose a service to see its calls; Escape lets it go.`)]
  }
  const { perS, ok, trouble } = stateOf(page, service, t)
  const of = main.detail.services[service]
  const report = main.run.services[service]
  const present = of?.present
  const workers =
    of?.concurrency === null || of === undefined ? 'no limit' : `${count(of.concurrency * of.replicas)} workers`
  const at = present?.[stepAt(t, main.detail.stepMs, present.length)]
  const pairs: [string, string][] = [
    ['asked', `${rate(perS)}/s`],
    ['answered well', percent(ok)],
    ['instances', `${count(of?.replicas)}${trouble}`],
    ['at its instances', at === undefined ? workers : `${rate(at)} (${workers})`],
    ['busy, whole run', percent(report?.server.utilization)],
    [
      'in line p99, whole run',
      report?.server.queueMs.p99 === null || report === undefined ? '–' : `${report.server.queueMs.p99.toFixed(1)}ms`,
    ],
  ]
  const calls = Object.keys(main.detail.edges).filter((edge) => ends(edge).includes(service))
  return [
    h('h3', {}, service),
    h('dl', {}, ...pairs.flatMap(([term, value]) => [h('dt', {}, term), h('dd', {}, value)])),
    h(
      'p',
      { class: 'said' },
      calls.length === 0
        ? ''
        : `Calls: ${calls.slice(0, 8).join(', ')}${calls.length > 8 ? `, and ${calls.length - 8} more` : ''}`,
    ),
  ]
}

function searchField({ store }: Page, services: readonly string[]): HTMLElement {
  const list = h('datalist', { id: 'service-names' }, ...services.map((name) => h('option', { value: name })))
  const input = h('input', {
    type: 'search',
    list: 'service-names',
    placeholder: 'find a service',
    'aria-label': 'Find a service',
  })
  input.addEventListener('input', () => {
    if (services.includes(input.value)) store.set({ service: input.value })
  })
  return h('span', { class: 'find' }, input, list)
}

function legend(): HTMLElement {
  const item = (health: keyof typeof SIGNS, text: string): HTMLElement =>
    h('span', {}, h('i', { class: `dot ${health}` }, SIGNS[health]), text)
  return h(
    'p',
    { class: 'legend' },
    item('good', 'answers well'),
    item('warn', 'over 0.5 % not well'),
    item('bad', 'over 10 %'),
    item('idle', 'no calls'),
    h('span', {}, '⚡ under a fault'),
    h('span', {}, '×1.5 attempts a call'),
  )
}

function short(name: string, most: number): string {
  return name.length <= most ? name : `${name.slice(0, most - 1)}…`
}
