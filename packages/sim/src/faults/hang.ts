import type { ServerFault } from '../model/server-faults.ts'
import type { ResolvedFault } from '../scenario/resolved-scenario.ts'
import type { FaultContext, Striking } from './fault-context.ts'

/**
 * Takes requests and never answers them, nor gives their workers back: not at its end either, but only with the process,
 * or where the service aborts what its caller has given up.
 */
export function hang(fault: ResolvedFault & { readonly kind: 'hang' }, context: FaultContext): Striking {
  const strike: ServerFault = {
    coin: context.coin,
    ratio: fault.ratio,
    only: fault.only,
    label: context.label,
    change: { kind: 'hang' },
    touch: (instance) => context.touch(instance),
  }
  return context.atServers(fault.target, strike)
}
