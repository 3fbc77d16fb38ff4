import type { PacketFault } from '../model/network.ts'
import type { VirtualHost } from '../model/virtual-host.ts'
import type { ResolvedFault } from '../scenario/resolved-scenario.ts'
import { type Affected, affectedBy, edgeOf } from './affected.ts'
import type { FaultContext, Striking } from './fault-context.ts'

type Partition = ResolvedFault & { readonly kind: 'partition' }

/**
 * Loses all that goes between two sides. Of an edge both directions, unless it says one; else the target is one side and
 * everybody outside the other, the registry among them, while those inside go on talking to each other.
 */
export function partition(fault: Partition, context: FaultContext): Striking {
  const { world } = context
  const affected = affectedBy(fault.target)
  const packets: PacketFault = {
    label: context.label,
    concerns: concernsOf(fault, affected),
    loses(passage) {
      context.touch(edgeOf(passage))
      return true
    },
  }
  let cutOff: readonly VirtualHost[] = []
  return {
    begin() {
      world.network.addFault(packets)
      if (!fault.cutsRegistry) return
      cutOff = world.hosts.filter((host) => affected.isInside(host))
      for (const host of cutOff) world.network.uplinks.cut(host)
    },
    end() {
      world.network.removeFault(packets)
      for (const host of cutOff) world.network.uplinks.heal(host)
    },
  }
}

function concernsOf({ target, direction }: Partition, { isInside, concerns }: Affected): PacketFault['concerns'] {
  const isWay = target.kind === 'edge' || target.kind === 'link'
  const to: PacketFault['concerns'] = isWay ? concerns : (a, b) => !isInside(a) && isInside(b)
  const from: PacketFault['concerns'] = isWay ? (a, b) => concerns(b, a) : (a, b) => isInside(a) && !isInside(b)
  if (direction === 'to') return to
  return direction === 'from' ? from : (a, b) => to(a, b) || from(a, b)
}
