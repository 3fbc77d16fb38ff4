import type { CallSeen } from '../../recording/witness.ts'
import { edgeOf, type Invariant, type InvariantContext } from './invariant.ts'

interface Bound {
  readonly ratio: number
  /** Beside that share: at once, and again every ten seconds. */
  readonly atOnce: number
  readonly each10s: number
}

/**
 * A caller's retries of a service stay within its budget: a share of the calls since the start, and what the budget gives
 * away besides. Counted over the whole run, so that it holds for every way a budget may spread them.
 */
export function retryBudget(context: InvariantContext): Invariant {
  const { scenario, invariant } = context
  const counts = new Map<string, { calls: number; retries: number }>()
  const countOf = (call: CallSeen): { calls: number; retries: number } => {
    const edge = edgeOf(call)
    const count = counts.get(edge) ?? { calls: 0, retries: 0 }
    counts.set(edge, count)
    return count
  }
  const boundOf = ({ host, service, method }: CallSeen): Bound | undefined => {
    if (invariant.limit !== undefined) return { ratio: invariant.limit, atOnce: 0, each10s: 100 }
    const retry = scenario.policies?.policyFor(host.caller, service, method)?.retry
    const budget = retry?.budget
    if (budget === undefined || budget.algorithm === 'throttle') return undefined
    if ('maxTokens' in budget) return { ratio: budget.ratio, atOnce: budget.maxTokens, each10s: 0 }
    return { ratio: budget.ratio, atOnce: 0, each10s: 10 * budget.minPerSecond }
  }
  return {
    onCall(call) {
      countOf(call).calls += 1
    },
    onSent(call, number) {
      if (number === 1) return
      const count = countOf(call)
      count.retries += 1
      const bound = boundOf(call)
      if (bound === undefined) return
      const tens = Math.floor(context.nowUs() / 1e7) + 1
      const allowed = bound.ratio * count.calls + bound.atOnce + bound.each10s * tens
      if (count.retries <= allowed) return
      const why = `${count.retries} retries of ${count.calls} calls; at most ${Math.floor(allowed)}`
      context.broken({ subject: edgeOf(call), why, call })
    },
  }
}
