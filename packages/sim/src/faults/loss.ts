import { Loss } from '../model/loss.ts'
import type { PacketFault } from '../model/network.ts'
import type { VirtualHost } from '../model/virtual-host.ts'
import type { ResolvedFault } from '../scenario/resolved-scenario.ts'
import { affectedBy, edgeOf } from './affected.ts'
import type { FaultContext, Striking } from './fault-context.ts'

/**
 * Loses a share of the messages of a way, or of all to and from its target. Bursts are of a direction: of a way its own, of a
 * target what comes to it and what leaves it, each apart.
 */
export function loss(fault: ResolvedFault & { readonly kind: 'loss' }, context: FaultContext): Striking {
  const { isInside, concerns } = affectedBy(fault.target)
  const into = new Loss(fault.loss)
  const out = new Loss(fault.loss)
  const directionOf = (from: VirtualHost): Loss => (isInside(from) ? out : into)
  const packets: PacketFault = {
    label: context.label,
    concerns,
    loses(passage) {
      if (!directionOf(passage.from).strikes(passage.luck, context.coin)) return false
      context.touch(edgeOf(passage))
      return true
    },
  }
  const { network } = context.world
  return { begin: () => network.addFault(packets), end: () => network.removeFault(packets) }
}
