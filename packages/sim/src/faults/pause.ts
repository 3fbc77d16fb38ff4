import type { VirtualInstance } from '../model/virtual-instance.ts'
import type { ResolvedFault } from '../scenario/resolved-scenario.ts'
import type { FaultContext, Striking } from './fault-context.ts'

/** Freezes processes (a long garbage collection, SIGSTOP): nothing answers, timers fire late, then all of it. */
export function pause(fault: ResolvedFault & { readonly kind: 'pause' }, context: FaultContext): Striking {
  let struck: readonly VirtualInstance[] = []
  return {
    begin() {
      struck = context.instances(fault.target)
      for (const { host, name } of struck) {
        if (!host.isUp) continue
        context.touch(name)
        host.pause()
      }
    },
    end() {
      for (const { host } of struck) if (host.isPaused) host.resume()
    },
  }
}
