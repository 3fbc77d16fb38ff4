import { isAt } from '../model/link-end.ts'
import type { VirtualHost } from '../model/virtual-host.ts'
import type { FaultTarget } from '../scenario/resolved-scenario.ts'

/** Which packets a fault of the network strikes. */
export interface Affected {
  /** Is the host the target, or part of it? Of a way, which has no hosts, none is. */
  isInside(host: VirtualHost): boolean
  /** Does the packet go the target's way, to it or from it? */
  concerns(from: VirtualHost, to: VirtualHost): boolean
}

export function affectedBy(target: FaultTarget): Affected {
  if (target.kind === 'edge') {
    const concerns = (from: VirtualHost, to: VirtualHost): boolean =>
      from.caller === target.from && to.caller === target.to
    return { isInside: () => false, concerns }
  }
  if (target.kind === 'link') {
    return { isInside: () => false, concerns: (from, to) => isAt(target.from, from) && isAt(target.to, to) }
  }
  const isInside = insideOf(target)
  return { isInside, concerns: (from, to) => isInside(from) || isInside(to) }
}

function insideOf(target: FaultTarget & { readonly kind: 'service' | 'instance' | 'zone' }): Affected['isInside'] {
  if (target.kind === 'service') return (host) => host.caller === target.service
  if (target.kind === 'zone') return (host) => host.zone === target.zone
  const name = `${target.service}#${target.number}`
  return (host) => host.name === name
}

/** The edge a packet is on, as a fault says that it has touched it. */
export function edgeOf({ from, to }: { readonly from: VirtualHost; readonly to: VirtualHost }): string {
  return `${from.caller}>${to.caller}`
}
