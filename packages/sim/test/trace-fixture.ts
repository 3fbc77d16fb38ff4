/**
 * Traces of a small shop in Jaeger's form, with what real ones have: client spans without a kind, the parent nested again
 * in the reference, parallel calls that begin one after another, a service whose clock is ahead.
 */
import { SeededRandom } from '@seakeep/core/testing'

export interface JaegerSpan {
  readonly traceID: string
  readonly spanID: string
  readonly operationName: string
  readonly references: readonly unknown[]
  readonly startTime: number
  readonly duration: number
  readonly tags: readonly { readonly key: string; readonly value: unknown }[]
  readonly processID: string
}

export interface JaegerFile {
  readonly data: readonly {
    readonly traceID: string
    readonly spans: readonly JaegerSpan[]
    readonly processes: Readonly<Record<string, unknown>>
  }[]
}

/** By service: the mean time its server spans took, in milliseconds. */
export type TracedMeans = ReadonlyMap<string, number>

const STOCK_CLOCK_AHEAD_US = 40_000

/** `count` traces: shop calls stock and (in parallel) prices, then in 30 % mail; a tenth of the prices fails. */
export function shopTraces(count: number, seed = 1): { readonly file: JaegerFile; readonly means: TracedMeans } {
  const chance = new SeededRandom(seed).stream('shop')
  const length = (meanUs: number): number => Math.round(meanUs * (0.5 - Math.log(1 - chance.next()) / 2))
  const sums = new Map<string, { us: number; count: number }>()
  const data = Array.from({ length: count }, (_, i) => {
    const traceID = (i + 1).toString(16).padStart(16, '0')
    const spans: JaegerSpan[] = []
    let at = 1_700_000_000_000_000 + i * 1_000_000
    const add = (service: string, name: string, startUs: number, us: number, parent?: JaegerSpan): JaegerSpan => {
      const span = {
        traceID,
        spanID: (spans.length + 1).toString(16).padStart(16, '0'),
        operationName: name,
        references: parent === undefined ? [] : [{ refType: 'CHILD_OF', traceID, spanID: parent.spanID, span: parent }],
        startTime: startUs + (service === 'stock' ? STOCK_CLOCK_AHEAD_US : 0),
        duration: us,
        tags: [] as { key: string; value: unknown }[],
        processID: service,
      }
      spans.push(span)
      if (parent === undefined || parent.processID !== service) {
        const sum = sums.get(service) ?? { us: 0, count: 0 }
        sums.set(service, { us: sum.us + us, count: sum.count + 1 })
      }
      return span
    }
    const wayUs = 150
    const [stockUs, pricesUs, mailUs] = [length(3000), length(5000), length(800)]
    const isMailed = chance.next() < 0.3
    const beforeUs = length(600)
    const lagUs = length(300)
    const parallelUs = Math.max(stockUs, lagUs + pricesUs) + 2 * wayUs
    const totalUs = beforeUs + parallelUs + (isMailed ? mailUs + 2 * wayUs : 0) + 100
    const root = add('shop', 'GET /cart', at, totalUs)
    const inner = add('shop', 'render', at + 20, totalUs - 40, root)
    at += beforeUs
    const call = (service: string, name: string, startUs: number, us: number): JaegerSpan => {
      const client = add('shop', `${name} client`, startUs, us + 2 * wayUs, inner)
      return add(service, name, startUs + wayUs, us, client)
    }
    call('stock', 'reserve', at, stockUs)
    const prices = call('prices', 'quote', at + lagUs, pricesUs)
    if (chance.next() < 0.1) (prices.tags as { key: string; value: unknown }[]).push({ key: 'error', value: true })
    if (isMailed) call('mail', 'send', at + parallelUs, mailUs)
    const services = [...new Set(spans.map(({ processID }) => processID))]
    const processes = Object.fromEntries(
      services.map((name) => [name, { serviceName: name, tags: [{ key: 'hostname', value: `${name}-${i % 2}` }] }]),
    )
    return { traceID, spans, processes }
  })
  const means = new Map([...sums].map(([service, sum]) => [service, sum.us / sum.count / 1000]))
  return { file: { data }, means }
}
