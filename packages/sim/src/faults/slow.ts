import type { PacketFault } from '../model/network.ts'
import { type ServerFault, strikes, type WorkChange } from '../model/server-faults.ts'
import type { ResolvedFault } from '../scenario/resolved-scenario.ts'
import { affectedBy, edgeOf } from './affected.ts'
import type { FaultContext, Striking } from './fault-context.ts'

/** Lengthens the work of instances, or the way of packets on one direction of an edge. */
export function slow(fault: ResolvedFault & { readonly kind: 'slow' }, context: FaultContext): Striking {
  const { target, ratio, only } = fault
  const { coin } = context
  const change = changeOf(fault.change)
  if (target.kind === 'edge' || target.kind === 'link') {
    const packets: PacketFault = {
      label: context.label,
      concerns: affectedBy(target).concerns,
      delayMs(delayMs, passage) {
        if (!strikes({ ratio, coin }, passage.key)) return delayMs
        context.touch(edgeOf(passage))
        return changed(delayMs, change)
      },
    }
    const { network } = context.world
    return { begin: () => network.addFault(packets), end: () => network.removeFault(packets) }
  }
  const strike: ServerFault = {
    coin,
    ratio,
    only,
    change,
    label: context.label,
    touch: (instance) => context.touch(instance),
  }
  return context.atServers(target, strike)
}

function changeOf(change: (ResolvedFault & { readonly kind: 'slow' })['change']): WorkChange {
  if ('addMs' in change) return { kind: 'add', addMs: change.addMs }
  if ('factor' in change) return { kind: 'factor', factor: change.factor }
  return { kind: 'to', toMs: change.toMs }
}

function changed(delayMs: number, change: WorkChange): number {
  if (change.kind === 'add') return delayMs + change.addMs
  return change.kind === 'factor' ? delayMs * change.factor : change.toMs
}
