import type { ResolvedScenario, ResolvedThreshold, ResolvedWorkload } from '../scenario/resolved-scenario.ts'

/**
 * How long a workload's users wait at most: what goodput is judged by. Not the policy under test where that can be
 * helped: the workload's own deadline, else the one a goodput threshold names, else the policy's timeout, else none.
 */
export function judgedByMs(workload: ResolvedWorkload, scenario: ResolvedScenario): number {
  if (workload.deadlineMs !== undefined) return workload.deadlineMs
  // Each call by its own user's patience; this is what is said of them all.
  if (workload.patience !== undefined) return workload.patience.meanMs
  const targets = new Set(workload.to.map(({ service }) => service))
  for (const { name, subject, withinMs } of scenario.thresholds) {
    if (name !== 'goodput' || withinMs === undefined) continue
    if (subject.kind === 'workload' && subject.workload === workload.id) return withinMs
    if (subject.kind === 'service' && targets.has(subject.service)) return withinMs
  }
  const [first] = workload.to
  if (first === undefined) return Number.POSITIVE_INFINITY
  const policy = scenario.policies?.policyFor(workload.callerName, first.service, first.method)
  return policy?.timeoutMs ?? Number.POSITIVE_INFINITY
}

/** The deadline a threshold sets by its own `within`; `Infinity` for none, also where its calls have one already. */
export function withinMs({ subject, withinMs }: ResolvedThreshold, { workloads }: ResolvedScenario): number {
  if (withinMs === undefined) return Number.POSITIVE_INFINITY
  const isJudged = workloads.some(({ id, to, deadlineMs, patience }) => {
    if (deadlineMs === undefined && patience === undefined) return false
    if (subject.kind === 'workload') return subject.workload === id
    const target = subject.kind === 'edge' ? subject.to : subject.service
    return to.some(({ service }) => service === target)
  })
  return isJudged ? Number.POSITIVE_INFINITY : withinMs
}
