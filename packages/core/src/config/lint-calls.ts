/** The calls that lints look at, each with its policy and with where it was written. */
import type { Place } from '../options/place.ts'
import { laidAt } from './effective-policy.ts'
import type { Finding, LintRule } from './lint-finding.ts'
import type { CallGraph } from './lint-graph.ts'
import { type Laid, placeOfLaid } from './overlay.ts'
import type { PolicyDocument } from './policy-document.ts'
import type { ResolvedPolicy } from './policy-options.ts'
import type { KindOfCall, Target } from './policy-selection.ts'

export class LintedCall {
  readonly policy: ResolvedPolicy
  /** General to special; at least one. */
  readonly targets: readonly Target[]
  readonly #call: KindOfCall
  readonly #laid: Laid

  constructor(call: KindOfCall, policy: ResolvedPolicy, laid: Laid, targets: readonly Target[]) {
    this.#call = call
    this.policy = policy
    this.#laid = laid
    this.targets = targets
  }

  get method(): string | undefined {
    return this.#call.method
  }

  /** The key of the target that says most about the call. */
  get target(): string {
    return this.targets.at(-1)?.key.text ?? '*'
  }

  /** Shortest of what ends an attempt: its own timeout, the call's; undefined where nothing does. */
  get attemptMs(): { readonly ms: number; readonly option: string } | undefined {
    const { retry, timeoutMs } = this.policy
    const own = retry?.attemptTimeoutMs
    if (own !== undefined && own <= (timeoutMs ?? own)) return { ms: own, option: 'retry.attemptTimeout' }
    return timeoutMs === undefined ? undefined : { ms: timeoutMs, option: 'timeout' }
  }

  /** True where somebody wrote it, rather than left it to its default. */
  isWritten(path: string): boolean {
    return this.#partAt(path) !== undefined
  }

  /** Where it was written, or the nearest thing round it. */
  placeOf(path: string): Place {
    return placeOfLaid(laidAt(this.#laid, path))
  }

  finding(rule: LintRule, path: string, problem: string, level: Finding['level'] = 'warning'): Finding {
    return { rule, level, place: this.placeOf(path), problem, targets: [this.target] }
  }

  #partAt(path: string): Laid | undefined {
    let at: Laid | undefined = this.#laid
    for (const key of path.split('.')) at = at?.parts?.get(key)
    return at
  }
}

/** The calls of the graph, or an example of what each target's key speaks of; each distinct sum of targets once. */
export function callsOf(document: PolicyDocument, graph: CallGraph | undefined): readonly LintedCall[] {
  const { selection } = document.written
  const examples = selection.targets.map(({ key: { caller, service, method } }) => ({
    from: caller.example,
    to: service.example,
    method: method?.example,
  }))
  const kinds = graph === undefined ? examples : graph.isWhole ? graph.calls : [...graph.calls, ...examples]
  const calls = new Map<Laid, LintedCall>()
  for (const call of kinds) {
    const linted = lintedCall(document, call)
    if (linted !== undefined) calls.set(linted.laid, linted.call)
  }
  return [...calls.values()]
}

/** Undefined where no target speaks of the call. */
export function lintedCall(
  document: PolicyDocument,
  call: KindOfCall,
): { readonly laid: Laid; readonly call: LintedCall } | undefined {
  const { selection } = document.written
  const { from, to, method } = call
  const laid = selection.laidFor(from, to, method)
  const policy = document.policyFor(from, to, method)
  if (laid === undefined || policy === undefined) return undefined
  return { laid, call: new LintedCall(call, policy, laid, selection.matching(from, to, method)) }
}

/** The layer, where it acts: one in shadow only counts. */
export function acting<Layer extends object>(layer: Layer | undefined): Layer | undefined {
  return layer !== undefined && (layer as { readonly isShadow?: true }).isShadow ? undefined : layer
}
