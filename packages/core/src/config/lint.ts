/**
 * Lints: what a valid document says that can never act, or acts against whoever wrote it, as far as its own numbers prove
 * it. A rule that cannot be sure is silent: a warning that is wrong once is not read the second time.
 *
 * Rules look at effective policies, since what is right in each target may be wrong in their sum: without a call graph at
 * what each target's key speaks of, with one at the calls there are.
 */

import { inertBreaker } from './lint-breaker.ts'
import { callsOf } from './lint-calls.ts'
import type { Finding } from './lint-finding.ts'
import { type CallGraph, graphOf } from './lint-graph.ts'
import { admissionRules, ejectsAll, inertWait } from './lint-limits.ts'
import { inertHedge, inertRetry, noBudget, unsafeHedge, unsafeRetry } from './lint-retries.ts'
import type { CallRule, DocumentRule } from './lint-rule.ts'
import { stackedRetries } from './lint-stack.ts'
import { attemptsBeyondTimeout, shorterCaller } from './lint-timeouts.ts'
import { overriddenTarget, unmatchedTarget, unusedPolicy } from './lint-unused.ts'
import type { PolicyDocument } from './policy-document.ts'

const CALL_RULES: readonly CallRule[] = [
  attemptsBeyondTimeout,
  noBudget,
  inertRetry,
  unsafeRetry,
  inertHedge,
  unsafeHedge,
  inertBreaker,
  inertWait,
  ejectsAll,
]
const DOCUMENT_RULES: readonly DocumentRule[] = [
  admissionRules,
  stackedRetries,
  shorterCaller,
  unusedPolicy,
  overriddenTarget,
  unmatchedTarget,
]

/** What is to be said of a document, in the order of its lines. `graph`: who calls whom; else what targets tell of it. */
export function lintPolicies(document: PolicyDocument, graph?: CallGraph): readonly Finding[] {
  const calls = callsOf(document, graph)
  const found = [
    ...calls.flatMap((call) => CALL_RULES.flatMap((rule) => rule(call))),
    ...DOCUMENT_RULES.flatMap((rule) => rule(document, graph ?? graphOf(document), graph !== undefined)),
  ]
  return merged(found).toSorted(byPlace)
}

/** One place that is wrong for several targets is said once. */
function merged(findings: readonly Finding[]): Finding[] {
  const byText = new Map<string, Finding>()
  for (const finding of findings) {
    const key = [finding.rule, finding.place.position, finding.place.path, finding.problem].join('\n')
    const known = byText.get(key)
    const targets = [...new Set([...(known?.targets ?? []), ...finding.targets])]
    byText.set(key, { ...finding, targets })
  }
  return [...byText.values()]
}

/** By line and column where places have them. */
function byPlace(a: Finding, b: Finding): number {
  const [first, second] = [a, b].map(({ place }) => /:(\d+):(\d+)$/.exec(place.position ?? '')?.map(Number))
  return (first?.[1] ?? 0) - (second?.[1] ?? 0) || (first?.[2] ?? 0) - (second?.[2] ?? 0)
}
