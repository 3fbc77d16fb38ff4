import type { ResolvedFault } from '../scenario/resolved-scenario.ts'
import type { FaultContext, Striking } from './fault-context.ts'

/**
 * Ends processes: open calls get a reset, new ones are refused, state and timers are gone, the registry learns of it
 * when the lease runs out. With `restartAfter` each begins a new life under its old name.
 */
export function crash(fault: ResolvedFault & { readonly kind: 'crash' }, context: FaultContext): Striking {
  return {
    begin() {
      for (const instance of context.instances(fault.target)) {
        if (!instance.host.isUp) continue
        context.touch(instance.name)
        context.fleet.stop(instance, 'crash')
        if (fault.restartAfterMs === undefined) continue
        context.world.kernel.after(fault.restartAfterMs * 1000, { onTimer: () => context.fleet.start(instance) })
      }
    },
    end() {},
  }
}
