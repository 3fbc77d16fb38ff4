import type { PacketFault } from '../model/network.ts'
import type { ResolvedFault } from '../scenario/resolved-scenario.ts'
import { affectedBy, edgeOf } from './affected.ts'
import type { FaultContext, Striking } from './fault-context.ts'

/** Keeps the packets of one direction back; at its end all arrive, in the order they were sent. */
export function hold(fault: ResolvedFault & { readonly kind: 'hold' }, context: FaultContext): Striking {
  const packets: PacketFault = {
    label: context.label,
    concerns: affectedBy(fault.target).concerns,
    holds(passage) {
      context.touch(edgeOf(passage))
      return true
    },
  }
  const { network } = context.world
  return { begin: () => network.addFault(packets), end: () => network.removeFault(packets) }
}
