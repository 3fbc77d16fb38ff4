import type { PacketFault } from '../model/network.ts'
import { strikes } from '../model/server-faults.ts'
import type { ResolvedFault } from '../scenario/resolved-scenario.ts'
import { affectedBy, edgeOf } from './affected.ts'
import type { FaultContext, Striking } from './fault-context.ts'

/** Lets requests arrive twice: the server works on both, the caller takes the first answer. */
export function duplicate(fault: ResolvedFault & { readonly kind: 'duplicate' }, context: FaultContext): Striking {
  const { ratio } = fault
  const packets: PacketFault = {
    label: context.label,
    concerns: affectedBy(fault.target).concerns,
    doubles(passage) {
      if (!strikes({ ratio, coin: context.coin }, passage.key)) return false
      context.touch(edgeOf(passage))
      return true
    },
  }
  const { network } = context.world
  return { begin: () => network.addFault(packets), end: () => network.removeFault(packets) }
}
