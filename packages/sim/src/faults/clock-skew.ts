import type { VirtualInstance } from '../model/virtual-instance.ts'
import type { ResolvedFault } from '../scenario/resolved-scenario.ts'
import type { FaultContext, Striking } from './fault-context.ts'

/**
 * Sets the clocks of machines wrong. What is off by an offset, and what a drift has gained, is put right at the end, as a
 * time service does: on the wall clock alone. A step stays. Monotonic time never jumps; while a clock drifts it runs
 * faster or slower, and with it whatever the process waits for.
 */
export function clockSkew(fault: ResolvedFault & { readonly kind: 'clockSkew' }, context: FaultContext): Striking {
  const { offsetMs, stepMs, driftPpm } = fault
  let struck: readonly VirtualInstance[] = []
  let sinceUs = 0
  const { kernel } = context.world
  return {
    begin() {
      struck = context.instances(fault.target)
      sinceUs = kernel.nowUs
      for (const { host, name } of struck) {
        context.touch(name)
        host.clock.moveWall(offsetMs + stepMs)
        if (driftPpm !== 0) host.clock.driftBy(driftPpm)
      }
    },
    end() {
      const gainedMs = ((kernel.nowUs - sinceUs) / 1000) * driftPpm * 1e-6
      for (const { host } of struck) {
        if (driftPpm !== 0) host.clock.driftBy(-driftPpm)
        host.clock.moveWall(-offsetMs - gainedMs)
      }
    },
  }
}
