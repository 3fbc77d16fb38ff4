import type { PacketFault } from '../model/network.ts'
import { strikes } from '../model/server-faults.ts'
import type { ResolvedFault } from '../scenario/resolved-scenario.ts'
import { affectedBy, edgeOf } from './affected.ts'
import type { FaultContext, Striking } from './fault-context.ts'

/**
 * Resets connections. The coin is the attempt's and not the message's: what lets its request through lets its answer
 * through, so that `ratio` is the share of the attempts.
 */
export function reset(fault: ResolvedFault & { readonly kind: 'reset' }, context: FaultContext): Striking {
  const { ratio } = fault
  const packets: PacketFault = {
    label: context.label,
    concerns: affectedBy(fault.target).concerns,
    resets(passage) {
      if (!strikes({ ratio, coin: context.coin }, passage.key)) return false
      context.touch(edgeOf(passage))
      return true
    },
  }
  const { network } = context.world
  return { begin: () => network.addFault(packets), end: () => network.removeFault(packets) }
}
