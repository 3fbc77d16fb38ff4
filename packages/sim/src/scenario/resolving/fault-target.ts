/**
 * Whom a fault strikes: a service, an instance `orders#3` (from 1), a zone `zone:a`, or one direction of a way: an edge `a>b`,
 * or `zone:a>zone:b`, `zone:a>*`.
 */
import { didYouMean, type Place, printed } from '@seakeep/core/spi'
import type { CallGraph } from '../call-graph.ts'
import type { FaultTarget, ResolvedService } from '../resolved-scenario.ts'
import { listed, unknownWord } from '../said.ts'
import { linkEnds } from './link-ends.ts'

interface Known {
  readonly services: readonly ResolvedService[]
  readonly graph: CallGraph
}

const ZONE = 'zone:'

export function resolveFaultTarget(text: string, at: Place, { services, graph }: Known): FaultTarget {
  if (text.includes('>')) {
    const [from = '', to = ''] = splitAt(text, '>')
    if ([from, to].some((end) => isWide(end, graph))) return { kind: 'link', ...linkEnds(text, at, graph) }
    checkEdge(text, from, to, at, graph, 'either way')
    return { kind: 'edge', from, to }
  }
  if (graph.isService(text)) return { kind: 'service', service: text }
  if (text.includes('#')) return { kind: 'instance', ...resolveInstance(text, at, services) }
  if (text.startsWith(ZONE)) {
    const zone = text.slice(ZONE.length)
    const zones = [...new Set(services.flatMap((service) => service.zones))]
    if (zones.includes(zone)) return { kind: 'zone', zone }
    throw at.error(`${printed(zone)} is the zone of no service; zones: ${listed(zones)}${didYouMean(zone, zones)}`)
  }
  const names = services.map(({ name }) => name)
  const expected = 'a service, an instance as orders#3, a zone as zone:a, or an edge as a>b'
  throw at.error(`${printed(text)} is not in the topology; ${expected}${didYouMean(text, names)}`)
}

/** Is it an end that stands for more than one name? */
function isWide(end: string, graph: CallGraph): boolean {
  return !graph.parties.includes(end) && (end === '*' || end.startsWith(ZONE))
}

/** `orders#3`: instances are counted from 1. */
export function resolveInstance(
  text: string,
  at: Place,
  services: readonly ResolvedService[],
): { readonly service: string; readonly number: number } {
  const [name = '', digits = ''] = splitAt(text, '#')
  const service = services.find((one) => one.name === name)
  if (service === undefined) {
    throw unknownWord(
      at,
      `${printed(name)} is not in the topology`,
      name,
      services.map((one) => one.name),
    )
  }
  const number = /^\d+$/.test(digits) ? Number(digits) : 0
  const most = Math.max(service.replicas, service.autoscale?.max ?? 0)
  if (number >= 1 && number <= most) return { service: name, number }
  const instances = most === 1 ? `${name}#1` : `${name}#1 to ${name}#${most}`
  throw at.error(`${printed(text)} is no instance; ${name} has ${instances}`)
}

/**
 * Refuses an edge on which nothing can ever move. `direction` says whether replies count: packets also go from the
 * called to its caller, calls do not.
 */
export function checkEdge(
  text: string,
  from: string,
  to: string,
  at: Place,
  graph: CallGraph,
  direction: 'either way' | 'one way',
): void {
  const parties = graph.parties
  for (const party of [from, to]) {
    if (!parties.includes(party)) throw unknownWord(at, `${printed(party)} is not in the topology`, party, parties)
  }
  const callees = graph.calleesOf(from)
  if (callees === undefined || callees.includes(to)) return
  const back = graph.calleesOf(to)
  if (direction === 'either way' && (back === undefined || back.includes(from))) return
  const edges = callees.map((callee) => `${from}>${callee}`)
  const known = edges.length > 0 ? edges : graph.callersOf(to).map((caller) => `${caller}>${to}`)
  throw at.error(`${printed(text)}: ${from} does not call ${to}; edges: ${listed(known)}${didYouMean(text, known)}`)
}

export function splitAt(text: string, sign: string): readonly [string, string] {
  const at = text.indexOf(sign)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + sign.length)]
}
