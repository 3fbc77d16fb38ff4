/** Ways between ends wider than a service: `zone:a>zone:b`, `zone:a>*`, `orders>zone:b`; one direction each. */
import { didYouMean, type Place, printed } from '@seakeep/core/spi'
import type { CallGraph } from '../call-graph.ts'
import type { LinkEnd } from '../resolved-scenario.ts'
import { listed, unknownWord } from '../said.ts'

const ZONE = 'zone:'

/** The ends of `from>to`. Throws where one is not in the scenario, or where both are `*`. */
export function linkEnds(text: string, at: Place, graph: CallGraph): { readonly from: LinkEnd; readonly to: LinkEnd } {
  const [from = '', to = '', ...more] = text.split('>')
  const shape = 'a direction, as orders>payments, zone:a>zone:b or zone:a>*'
  if (from === '' || to === '' || more.length > 0) throw at.error(`${printed(text)} is no way; ${shape}`)
  const ends = { from: linkEnd(from, at, graph), to: linkEnd(to, at, graph) }
  if (ends.from.kind === 'anywhere' && ends.to.kind === 'anywhere') {
    throw at.error(`${printed(text)} is every way; name one end, as zone:a>*`)
  }
  return ends
}

function linkEnd(text: string, at: Place, graph: CallGraph): LinkEnd {
  if (text === '*') return { kind: 'anywhere' }
  const { parties, zones } = graph
  if (parties.includes(text)) return { kind: 'party', name: text }
  if (!text.startsWith(ZONE)) throw unknownWord(at, `${printed(text)} is not in the topology`, text, parties)
  const zone = text.slice(ZONE.length)
  if (zones.includes(zone)) return { kind: 'zone', zone }
  throw at.error(`${printed(zone)} is the zone of nobody; zones: ${listed(zones)}${didYouMean(zone, zones)}`)
}

/** The more is said of an end, the more: a name weighs more than any zone. */
const WEIGHT = { party: 3, zone: 1, anywhere: 0 } as const

/** Sorts the most specific first; of two alike, the one that says more of where packets come from. */
export function bySpecificity(
  a: { readonly from: LinkEnd; readonly to: LinkEnd },
  b: { readonly from: LinkEnd; readonly to: LinkEnd },
): number {
  const weight = ({ from, to }: typeof a): number => WEIGHT[from.kind] + WEIGHT[to.kind] + WEIGHT[from.kind] / 10
  return weight(b) - weight(a)
}

export function endText(end: LinkEnd): string {
  if (end.kind === 'party') return end.name
  return end.kind === 'zone' ? `${ZONE}${end.zone}` : '*'
}
