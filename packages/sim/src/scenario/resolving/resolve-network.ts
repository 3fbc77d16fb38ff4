/**
 * What the network of a scenario may say: of all ways, and of some. The fields of `between` are those of the network
 * itself; whose ends they name is known when services and workloads are.
 */
import { type Field, type FieldsOf, mapOf, optional, type Place, ratio, record, text } from '@seakeep/core/spi'
import { distribution } from '../../model/distribution-field.ts'
import type { CallGraph } from '../call-graph.ts'
import { distributionOr } from '../fields.ts'
import type { LinkData, NetworkData } from '../network-data.ts'
import type { LinkEnd, ResolvedLink, ResolvedLoss, ResolvedNetwork } from '../resolved-scenario.ts'
import { bandwidth } from './byte-fields.ts'
import { checkEdge } from './fault-target.ts'
import { bySpecificity, linkEnds } from './link-ends.ts'
import { loss } from './loss-field.ts'

type WrittenLink = Omit<ResolvedLink, 'from' | 'to'>
export type WrittenNetwork = Omit<ResolvedNetwork, 'links'> & {
  readonly between: { readonly [way: string]: WrittenLink }
}

const LINK = record(
  {
    latency: optional(distribution),
    loss: optional(loss),
    duplicate: optional(ratio()),
    bandwidth: optional(bandwidth()),
  } satisfies FieldsOf<LinkData>,
  {
    finish: ({ bandwidth: bytesPerSecond, ...rest }): WrittenLink => ({ ...rest, bytesPerSecond }),
  },
)

const NO_LOSS: ResolvedLoss = { ratio: 0, burst: undefined }

export const NETWORK: Field<WrittenNetwork, ''> = record(
  {
    latency: distributionOr('0.5ms'),
    loss: optional(loss),
    duplicate: ratio({ default: 0 }),
    bandwidth: optional(bandwidth()),
    between: mapOf(text(), LINK),
  } satisfies FieldsOf<NetworkData>,
  {
    finish: ({ bandwidth: bytesPerSecond, loss: lost = NO_LOSS, ...rest }): WrittenNetwork => ({
      ...rest,
      loss: lost,
      bytesPerSecond,
    }),
  },
)

/** Throws for ends that are not there, and for edges on which nothing can ever move. */
export function resolveNetwork({ between, ...network }: WrittenNetwork, at: Place, graph: CallGraph): ResolvedNetwork {
  const links = Object.entries(between).map(([way, link]): ResolvedLink => {
    const place = at.at('between').at(way)
    const ends = linkEnds(way, place, graph)
    if (ends.from.kind === 'party' && ends.to.kind === 'party') {
      checkEdge(way, nameOf(ends.from), nameOf(ends.to), place, graph, 'either way')
    }
    return { ...ends, ...link }
  })
  return { ...network, links: links.sort(bySpecificity) }
}

function nameOf(end: LinkEnd & { readonly kind: 'party' }): string {
  return end.name
}

/** Does it have a bandwidth anywhere? */
export function hasBandwidth({ bytesPerSecond, links }: ResolvedNetwork): boolean {
  return bytesPerSecond !== undefined || links.some((link) => link.bytesPerSecond !== undefined)
}

/** Does it lose anything anywhere? */
export function hasLoss({ loss: lost, links }: ResolvedNetwork): boolean {
  return lost.ratio > 0 || links.some((link) => (link.loss?.ratio ?? 0) > 0)
}
