import type { PacketHolder } from '../model/network.ts'
import type { ResolvedFault } from '../scenario/resolved-scenario.ts'
import type { FaultContext, Striking } from './fault-context.ts'

/** Keeps the packets of one direction back; at its end all arrive, in the order they were sent. */
export function hold(fault: ResolvedFault & { readonly kind: 'hold' }, context: FaultContext): Striking {
  const { from, to } = fault.target
  const { network } = context.world
  const holder: PacketHolder = { onHeld: () => context.touch(`${from}>${to}`) }
  return {
    begin: () => network.hold(from, to, holder),
    end: () => network.release(from, to, holder),
  }
}
