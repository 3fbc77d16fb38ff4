import type { ServerFault } from '../model/server-faults.ts'
import type { ResolvedFault } from '../scenario/resolved-scenario.ts'
import type { FaultContext, Striking } from './fault-context.ts'

/** Answers requests with an error, without taking a worker. */
export function error(fault: ResolvedFault & { readonly kind: 'error' }, context: FaultContext): Striking {
  const { afterMs, status, retryAfterMs } = fault
  const strike: ServerFault = {
    coin: context.coin,
    ratio: fault.ratio,
    only: fault.only,
    label: context.label,
    change: { kind: 'error', afterMs, status, retryAfterMs },
    touch: (instance) => context.touch(instance),
  }
  return context.atServers(fault.target, strike)
}
