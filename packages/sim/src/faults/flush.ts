import type { ResolvedFault } from '../scenario/resolved-scenario.ts'
import type { FaultContext, Striking } from './fault-context.ts'

/** Empties caches, at once; what is being fetched meanwhile comes in all the same. */
export function flush(fault: ResolvedFault & { readonly kind: 'flush' }, context: FaultContext): Striking {
  return {
    begin() {
      for (const instance of context.instances(fault.target)) {
        if (instance.flush()) context.touch(instance.name)
      }
    },
    end() {},
  }
}
