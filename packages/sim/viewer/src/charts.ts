/** Which charts there are, and what each says in words. */
import { clock, count, factor, lengthOfTime, percent } from '../../src/reporting/figures.ts'
import { type ChartLine, createChart } from './chart.ts'
import type { SeedLine, Series } from './detail.ts'
import { colour, h } from './dom.ts'
import { ends } from './layout.ts'
import type { Page, Side } from './page.ts'
import {
  added,
  ended,
  goodputOf,
  highest,
  knownGood,
  lowest,
  onSteps,
  perSecond,
  ratio,
  ribbon,
  stepsBetween,
  sum,
} from './series.ts'

/** Edges drawn in one chart: more lines cannot be told apart. */
const MOST_LINES = 6
const ENOUGH = 3

/** What users saw, and the calls between services. */
export function createCharts(page: Page): HTMLElement {
  const ids = Object.keys(page.main.detail.workload)
  const charts = ids
    .slice(0, 3)
    .flatMap((id) => [goodputChart(page, id, ids.length > 1), latencyChart(page, id, ids.length > 1)])
  return h('div', { class: 'charts' }, ...charts, amplificationChart(page))
}

/** What is about the chosen service, or about all: drawn anew for another. */
export function createServiceCharts(page: Page): HTMLElement {
  const place = h('div', { class: 'charts' })
  page.store.follow(['service'], ({ service }) => {
    place.replaceChildren(errorsChart(page, service), ...limitCharts(page, service))
  })
  return place
}

/** `200/s`, `3.5/s`. */
function perS(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : `${amount(value)}/s`
}

function amount(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–'
  return value >= 100 ? count(Math.round(value)) : String(Number(value.toPrecision(2)))
}

const stretch = (fromMs: number, toMs: number): string => `${clock(fromMs)} to ${clock(toMs)}`

function goodputChart(page: Page, id: string, isNamed: boolean): HTMLElement {
  const { main, base, data } = page
  const own = main.detail.workload[id]!
  const { stepMs } = main.detail
  const offered = perSecond(own.offered, stepMs)
  const good = perSecond(knownGood(own), stepMs)
  const share = goodputOf(own, ENOUGH)
  const lines: ChartLine[] = [
    { label: 'offered', values: offered, colour: 'offered', dash: [5, 4] },
    {
      label: base === undefined ? 'good' : `good, ${main.label}`,
      values: good,
      colour: 'accent',
      isFilled: true,
      width: 2,
    },
  ]
  const bands: { between: readonly [number, number]; colour: string }[] = []
  const other = base && scaled(base.detail.workload[id]?.good, base, main)
  if (other !== undefined && base !== undefined)
    lines.push({
      label: `good, ${base.label}`,
      values: perSecond(other, stepMs),
      colour: 'base',
      dash: [2, 3],
      width: 2,
    })
  const addRibbon = (all: readonly SeedLine[] | undefined, tint: string, of: string): void => {
    const seeds = (all ?? []).map((one) => onSteps(one.goodput[id] ?? [], one.stepMs, stepMs, offered.length))
    if (seeds.length <= 2) return
    // The ribbon is of shares; times what this run was offered it is on the same scale.
    const [low = [], high = []] = ribbon(seeds, [0.1, 0.9]).map((band) =>
      band.map((value, i) => (value === null ? null : value * (offered[i] ?? 0))),
    )
    lines.push(
      { label: `nine in ten of ${seeds.length} seeds${of}`, values: high, colour: tint, width: 0.5 },
      { label: 'one in ten', values: low, colour: tint, width: 0.5, isQuiet: true },
    )
    bands.push({ between: [lines.length - 2, lines.length - 1], colour: tint })
  }
  addRibbon(data.seeds, 'ribbon', base === undefined || data.baseSeeds === undefined ? '' : `, ${main.label}`)
  if (base !== undefined) addRibbon(data.baseSeeds, 'base-ribbon', `, ${base.label}`)
  return createChart(page, {
    id: `goodput-${id}`,
    title: isNamed ? `Goodput against offered load: ${id}` : 'Goodput against offered load',
    stepMs,
    lines,
    bands,
    format: perS,
    say(fromMs, toMs) {
      const [first, until] = stepsBetween(fromMs, toMs, stepMs, own.good.length)
      const all = sum(ended(own), first, until) || sum(own.offered, first, until)
      const worst = lowest(share, first, until)
      const low = worst === undefined ? '' : `, lowest ${percent(worst.value)} at ${clock(worst.step * stepMs)}`
      return `${stretch(fromMs, toMs)}: ${percent(all === 0 ? null : sum(own.good, first, until) / all)} of ${count(all)} calls were good${low}.${fromMs < main.detail.warmupMs ? ' Warm-up included, which thresholds leave out.' : ''}`
    },
  })
}

/** The other run's amounts on this run's steps; undefined where they cannot be laid over each other. */
function scaled(values: Series | undefined, from: Side, to: Side): Series | undefined {
  if (values === undefined) return undefined
  const factor = from.detail.stepMs / to.detail.stepMs
  if (factor === 1) return values
  const steps = Math.ceil(to.detail.durationMs / to.detail.stepMs)
  return Array.from({ length: steps }, (_, i) => (values[Math.floor(i / factor)] ?? 0) / factor)
}

function latencyChart(page: Page, id: string, isNamed: boolean): HTMLElement {
  const { main, base } = page
  const own = main.detail.workload[id]!
  const { stepMs } = main.detail
  const lines: ChartLine[] = [
    { label: 'p50', values: own.p50, colour: 'p50' },
    { label: 'p95', values: own.p95, colour: 'p95', dash: [6, 3] },
    { label: 'p99', values: own.p99, colour: 'p99', width: 2 },
  ]
  const other = base?.detail.workload[id]
  if (base !== undefined && other !== undefined && base.detail.stepMs === stepMs) {
    lines.push({ label: `p99, ${base.label}`, values: other.p99, colour: 'base', dash: [2, 3], width: 2 })
  }
  const { heat } = own
  const most = Math.max(1, ...heat.steps.flatMap(([, ...counts]) => counts))
  const buckets = heat.steps.flatMap(([first, ...counts]) =>
    first === undefined ? [] : [first, first + counts.length],
  )
  const lengthAt = (bucket: number): number => heat.lowestMs * 2 ** (bucket / heat.perOctave)
  const shown = lines.flatMap(({ values }) => values.filter((value) => value !== null && value > 0)) as number[]
  const lengths = [...buckets.map(lengthAt), ...shown]
  const low = lengths.reduce((a, b) => Math.min(a, b), lengths[0] ?? 1)
  const high = lengths.reduce((a, b) => Math.max(a, b), lengths[0] ?? 1000)
  return createChart(page, {
    id: `latency-${id}`,
    title: isNamed ? `Latency of answers: ${id}` : 'Latency of answers',
    stepMs,
    lines,
    height: 190,
    isLog: true,
    range: [10 ** Math.floor(Math.log10(low) + 1e-9), 10 ** Math.ceil(Math.log10(high) - 1e-9)],
    format: (value) => lengthOfTime(value),
    behind(u, context) {
      context.fillStyle = colour('heat')
      const wide = Math.ceil(Math.abs(u.valToPos(stepMs / 1000, 'x', true) - u.valToPos(0, 'x', true)))
      heat.steps.forEach(([first, ...counts], step) => {
        if (first === undefined) return
        const x = Math.floor(u.valToPos((step * stepMs) / 1000, 'x', true))
        counts.forEach((n, i) => {
          if (n === 0) return
          const top = u.valToPos(lengthAt(first + i + 1), 'y', true)
          const bottom = u.valToPos(lengthAt(first + i), 'y', true)
          context.globalAlpha = 0.12 + 0.78 * Math.sqrt(n / most)
          context.fillRect(x, top, wide, Math.max(1, bottom - top))
        })
      })
      context.globalAlpha = 1
    },
    say(fromMs, toMs) {
      const [first, until] = stepsBetween(fromMs, toMs, stepMs, own.p99.length)
      const worst = highest(own.p99, first, until)
      const best = lowest(own.p99, first, until)
      if (worst === undefined || best === undefined) return `${stretch(fromMs, toMs)}: no call was answered.`
      return `${stretch(fromMs, toMs)}: p99 from ${lengthOfTime(best.value)} to ${lengthOfTime(worst.value)}, highest at ${clock(worst.step * stepMs)}. Squares: how many calls took so long; darker is more.`
    },
  })
}

function amplificationChart(page: Page): HTMLElement {
  const { main, base } = page
  const { stepMs } = main.detail
  const all = Object.entries(main.detail.edges).flatMap(([name, { calls, attempts }]) => {
    const values = attempts === undefined ? undefined : ratio(attempts, calls, ENOUGH)
    const peak = values && highest(values)
    return values === undefined || peak === undefined ? [] : [{ name, values, peak: peak.value, calls: sum(calls) }]
  })
  const shown = all.sort((a, b) => b.peak - a.peak || b.calls - a.calls).slice(0, MOST_LINES)
  const lines = shown.map(
    ({ name, values }, i): ChartLine => ({
      label: name,
      values,
      colour: `c${i + 1}`,
      ...(i % 2 === 1 ? { dash: [6, 3] } : {}),
    }),
  )
  const first = shown[0]?.name
  const other = first === undefined ? undefined : base?.detail.edges[first]
  if (base !== undefined && first !== undefined && other?.attempts !== undefined && base.detail.stepMs === stepMs) {
    lines.push({
      label: `${first}, ${base.label}`,
      values: ratio(other.attempts, other.calls, ENOUGH),
      colour: 'base',
      dash: [2, 3],
      width: 2,
    })
  }
  return createChart(page, {
    id: 'amplification',
    title: 'Attempts a call, by edge',
    stepMs,
    lines,
    atLeast: 1.5,
    format: (value) => factor(value),
    say(fromMs, toMs) {
      const worst = shown
        .flatMap(({ name, values }) => {
          const [begin, until] = stepsBetween(fromMs, toMs, stepMs, values.length)
          const peak = highest(values, begin, until)
          return peak === undefined ? [] : [{ name, ...peak }]
        })
        .sort((a, b) => b.value - a.value)[0]
      const rest = all.length > shown.length ? ` The ${shown.length} highest of ${count(all.length)} edges.` : ''
      return worst === undefined
        ? 'No edge had enough calls.'
        : `${stretch(fromMs, toMs)}: highest ${factor(worst.value)} at ${worst.name}, ${clock(worst.step * stepMs)}.${rest}`
    },
  })
}

/** A cause has the same colour everywhere. */
const CAUSES: Readonly<Record<string, string>> = {
  ...{ timeout: 'e1', late: 'e2', error: 'e3', refused: 'e4', 'circuit-open': 'e5', 'rate-limited': 'e6' },
  ...{ concurrency: 'e7', unreachable: 'e8', shed: 'e6', cancelled: 'e8', 'no-endpoint': 'e4' },
}

/** What did not end well, and how, one cause upon the other: calls of users, or those to the chosen service. */
function errorsChart(page: Page, service: string | undefined): HTMLElement {
  const { main } = page
  const { stepMs } = main.detail
  const sources =
    service === undefined
      ? Object.values(main.detail.workload)
      : Object.entries(main.detail.edges)
          .filter(([name]) => ends(name)[1] === service)
          .map(([, edge]) => edge)
  const causes = new Map<string, Series[]>()
  for (const { endings = {} } of sources)
    for (const [ending, values] of Object.entries(endings)) causes.set(ending, [...(causes.get(ending) ?? []), values])
  const sums = [...causes]
    .map(([ending, all]) => ({ ending, values: added(all) }))
    .sort((a, b) => sum(b.values) - sum(a.values))
  // Of the last steps of users' calls some are still open: no cause is known, and none is drawn.
  const unknown = Object.values(main.detail.workload).map(knownGood)
  const isKnown = (step: number): boolean => unknown.every((one) => one[step] !== null)
  let below: number[] = []
  const lines = sums.map(({ ending, values }): ChartLine => {
    below = added([below, values])
    return {
      label: ending,
      values: perSecond(below, stepMs).map((value, step) => (isKnown(step) ? value : null)),
      said: perSecond(values, stepMs),
      colour: CAUSES[ending] ?? 'e8',
      isFilled: false,
      width: 1.25,
    }
  })
  const bands = lines
    .map((line, i) => ({ between: [i, i - 1] as const, colour: line.colour }))
    .filter(({ between }) => between[1] >= 0)
  const [lowestLine, ...higher] = lines
  const stacked = lowestLine === undefined ? [] : [{ ...lowestLine, isFilled: true }, ...higher]
  return createChart(page, {
    id: 'errors',
    title:
      service === undefined
        ? 'Calls of users that were not good, by cause'
        : `Calls to ${service} that failed, by cause`,
    stepMs,
    lines: stacked,
    bands,
    atLeast: 1,
    format: perS,
    say(fromMs, toMs) {
      const parts = sums.map(({ ending, values }) => {
        const [first, until] = stepsBetween(fromMs, toMs, stepMs, values.length)
        return { ending, n: sum(values, first, until) }
      })
      const whole = parts.reduce((total, { n }) => total + n, 0)
      if (whole === 0) return `${stretch(fromMs, toMs)}: none.`
      const words = parts.filter(({ n }) => n > 0).map(({ ending, n }) => `${ending} ${percent(n / whole)}`)
      return `${stretch(fromMs, toMs)}: ${count(whole)} calls; ${words.slice(0, 4).join(', ')}.`
    },
  })
}

/** Limits of callers with what they let in, else the load at instances against their workers. */
function limitCharts(page: Page, service: string | undefined): HTMLElement[] {
  const { main } = page
  const limits = Object.entries(main.detail.limits).filter(
    ([edge]) => service === undefined || ends(edge).includes(service),
  )
  const charts = limits.slice(0, 3).map(([edge, { limit, inFlight, queued }]) =>
    createChart(page, {
      id: `limit-${edge}`,
      title: `Concurrency limit against in flight: ${edge}`,
      stepMs: main.detail.stepMs,
      lines: [
        { label: 'limit', values: limit, colour: 'ink', isStepped: true, width: 1.5 },
        { label: 'in flight', values: inFlight, colour: 'accent', isFilled: true },
        { label: 'waiting for a permit', values: queued, colour: 'e2', dash: [3, 3] },
      ],
      format: amount,
      say(fromMs, toMs) {
        const [first, until] = stepsBetween(fromMs, toMs, main.detail.stepMs, limit.length)
        const low = lowest(limit, first, until)
        const high = highest(limit, first, until)
        if (low === undefined || high === undefined) return `${stretch(fromMs, toMs)}: no limit.`
        return `${stretch(fromMs, toMs)}: the limit was between ${amount(low.value)} and ${amount(high.value)}, summed over all callers of that name.`
      },
    }),
  )
  const busiest = service ?? mostLoaded(page)
  if (busiest === undefined) return charts
  const of = main.detail.services[busiest]
  if (of?.present === undefined) return charts
  const { present, concurrency, replicas } = of
  const workers = concurrency === null ? undefined : concurrency * replicas
  const lines: ChartLine[] = [{ label: 'at its instances', values: present, colour: 'accent', isFilled: true }]
  if (workers !== undefined)
    lines.push({ label: 'workers', values: present.map(() => workers), colour: 'ink', dash: [6, 4], width: 1.25 })
  const load = createChart(page, {
    id: 'load',
    title: `Requests at the instances of ${busiest}${service === undefined ? ', the fullest' : ''}`,
    stepMs: main.detail.stepMs,
    lines,
    format: amount,
    say(fromMs, toMs) {
      const [first, until] = stepsBetween(fromMs, toMs, main.detail.stepMs, present.length)
      const peak = highest(present, first, until)
      const where = peak === undefined ? '' : `, at ${clock(peak.step * main.detail.stepMs)}`
      const beyond =
        workers === undefined ? 'Its workers are not limited' : `Beyond ${count(workers)} they wait in line`
      return `${stretch(fromMs, toMs)}: up to ${amount(peak?.value)} at once${where}. ${beyond}.`
    },
  })
  return [...charts, load]
}

/** The service with the most requests for each of its workers at any time. */
function mostLoaded({ main }: Page): string | undefined {
  let found: { readonly name: string; readonly load: number } | undefined
  for (const [name, { present, concurrency, replicas }] of Object.entries(main.detail.services)) {
    const peak = present && highest(present)
    if (peak === undefined) continue
    const load = peak.value / (replicas * (concurrency ?? 1000))
    if (found === undefined || load > found.load) found = { name, load }
  }
  return found?.name
}
