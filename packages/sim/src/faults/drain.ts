import type { ResolvedFault } from '../scenario/resolved-scenario.ts'
import type { FaultContext, Striking } from './fault-context.ts'

/**
 * Ends processes the way a SIGTERM does, by the core's own drain: not ready, deregister, let it spread, finish, close.
 * With `restartAfter` each begins a new life under its old name, that long after it is gone.
 */
export function drain(fault: ResolvedFault & { readonly kind: 'drain' }, context: FaultContext): Striking {
  const { fleet, world } = context
  return {
    begin() {
      for (const instance of context.instances(fault.target)) {
        if (!instance.host.isUp) continue
        context.touch(instance.name)
        fleet.stop(instance, 'drain', () => {
          if (fault.restartAfterMs === undefined) return
          world.kernel.after(fault.restartAfterMs * 1000, { onTimer: () => fleet.start(instance) })
        })
      }
    },
    end() {},
  }
}
