import type { PacketFault } from '../model/network.ts'
import { Pipe } from '../model/pipe.ts'
import type { ResolvedFault } from '../scenario/resolved-scenario.ts'
import { affectedBy, edgeOf } from './affected.ts'
import type { FaultContext, Striking } from './fault-context.ts'

/**
 * Narrows a way, or what comes to its target and what leaves it: one link for all of them, whatever they had before. Packets
 * already in line at its end stay where they are.
 */
export function bandwidth(fault: ResolvedFault & { readonly kind: 'bandwidth' }, context: FaultContext): Striking {
  const { isInside, concerns } = affectedBy(fault.target)
  const isWay = fault.target.kind === 'edge' || fault.target.kind === 'link'
  const into = new Pipe(fault.bytesPerSecond)
  const out = new Pipe(fault.bytesPerSecond)
  const packets: PacketFault = {
    label: context.label,
    concerns,
    throughUs(nowUs, bytes, passage) {
      const outUs = isInside(passage.from) ? out.pass(nowUs, bytes) : 0
      const intoUs = isWay || isInside(passage.to) ? into.pass(nowUs, bytes) : 0
      const throughUs = Math.max(outUs, intoUs)
      if (throughUs > 0) context.touch(edgeOf(passage))
      return throughUs
    },
  }
  const { network } = context.world
  return { begin: () => network.addFault(packets), end: () => network.removeFault(packets) }
}
