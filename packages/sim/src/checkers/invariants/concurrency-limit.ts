import type { CallSeen } from '../../recording/witness.ts'
import { edgeOf, type Invariant, type InvariantContext } from './invariant.ts'

/** A caller never has more attempts under way than its limit, or the highest its algorithm may set. Mirrored ones are none. */
export function concurrencyLimit(context: InvariantContext): Invariant {
  const { scenario, invariant } = context
  const present = new Map<string, number>()
  const policyOf = ({ host, service, method }: CallSeen) => scenario.policies?.policyFor(host.caller, service, method)
  const limitOf = (call: CallSeen): number | undefined => {
    const policy = policyOf(call)
    if (policy?.mirror !== undefined) return undefined
    if (invariant.limit !== undefined) return invariant.limit
    const { limit, adaptive } = policy?.concurrency ?? {}
    return adaptive?.max ?? limit
  }
  // Methods may have limits of their own, and then only theirs counts.
  const groupOf = (call: CallSeen): string => {
    const own = invariant.limit === undefined ? JSON.stringify(policyOf(call)?.concurrency ?? null) : ''
    return `${edgeOf(call)}@${call.host.downUs} ${own}`
  }
  return {
    onSent(call) {
      const limit = limitOf(call)
      if (limit === undefined) return
      const group = groupOf(call)
      const inFlight = (present.get(group) ?? 0) + 1
      present.set(group, inFlight)
      if (inFlight <= limit) return
      context.broken({ subject: edgeOf(call), why: `${inFlight} attempts under way; the limit is ${limit}`, call })
    },
    onAttemptEnd(call) {
      if (limitOf(call) === undefined) return
      const group = groupOf(call)
      present.set(group, Math.max(0, (present.get(group) ?? 0) - 1))
    },
  }
}
