import type { ResolvedFault } from '../scenario/resolved-scenario.ts'
import type { FaultContext, Striking } from './fault-context.ts'

/**
 * Multiplies the calls of workloads, or takes some away. The calls that would have been made without it are made all the
 * same (with a factor below 1 some of them), at the same instants, so that what comes after it is as it would have been.
 */
export function surge(fault: ResolvedFault & { readonly kind: 'surge' }, context: FaultContext): Striking {
  const { world, coin } = context
  return {
    begin() {
      for (const { workload, service } of fault.loads) {
        context.touch(workload)
        world.loadOf(workload)?.surge({
          factor: fault.factor,
          service,
          fromUs: fault.atMs * 1000,
          untilUs: fault.untilMs * 1000,
          coin,
          tag: fault.tag,
        })
      }
    },
    end() {},
  }
}
