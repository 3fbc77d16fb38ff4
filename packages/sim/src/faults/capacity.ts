import type { ResolvedFault } from '../scenario/resolved-scenario.ts'
import type { FaultContext, Striking } from './fault-context.ts'

/** Takes workers away. Who is at work goes on; nobody new begins before fewer are at work than there are left. */
export function capacity(fault: ResolvedFault & { readonly kind: 'capacity' }, context: FaultContext): Striking {
  const { left } = fault
  const struck = context.instances(fault.target)
  return {
    begin() {
      for (const instance of struck) {
        const { concurrency } = instance.service
        context.touch(instance.name)
        instance.loseWorkers(fault, 'to' in left ? left.to : Math.ceil(concurrency * left.factor))
      }
    },
    end() {
      for (const instance of struck) instance.regainWorkers(fault)
    },
  }
}
