/**
 * What changes between two documents, as calls feel it: the effective policies of each target compared field by field, so
 * that another order of keys, or a policy that nobody uses, is no change, and one number of a policy that twenty targets
 * use is twenty.
 */
import { type EffectiveField, effectiveInbound, effectivePolicy } from './effective-policy.ts'
import type { PolicyDocument } from './policy-document.ts'
import type { KindOfCall } from './policy-selection.ts'

export interface PolicyChange {
  readonly section: 'targets' | 'inbound'
  /** The target's key, or the service whose instances admit otherwise. */
  readonly target: string
  readonly kind: 'added' | 'removed' | 'changed'
  /** Of a target that was added or removed: against what governs the same calls without it. */
  readonly fields: readonly FieldChange[]
}

export interface FieldChange {
  readonly path: string
  /** Undefined where there was no such field. */
  readonly from: string | undefined
  /** Undefined where there is no such field any more. */
  readonly to: string | undefined
}

/** What `next` changes for those that `before` governs; undefined stands for no document. Empty where nothing changes. */
export function diffPolicies(before: PolicyDocument | undefined, next: PolicyDocument): readonly PolicyChange[] {
  if (before?.hash === next.hash) return []
  const targets = new Comparison(before, next)
  return [...targets.changes(), ...inboundChanges(before, next)]
}

class Comparison {
  readonly #before: PolicyDocument | undefined
  readonly #next: PolicyDocument

  constructor(before: PolicyDocument | undefined, next: PolicyDocument) {
    this.#before = before
    this.#next = next
  }

  *changes(): IterableIterator<PolicyChange> {
    const [old, now] = [keysOf(this.#before), keysOf(this.#next)]
    const told = new Set<string>()
    for (const [target, call] of new Map([...old, ...now])) {
      const kind = !old.has(target) ? 'added' : now.has(target) ? 'changed' : 'removed'
      const fields = this.#fieldsOf(call)
      if (kind === 'changed' && fields.length === 0) continue
      told.add(target)
      yield { section: 'targets', target, kind, fields }
    }
    // Where targets overlap a call may change of which neither is the example.
    for (const call of [...examplesOf(this.#before), ...examplesOf(this.#next)]) {
      const target = labelOf(call)
      if (told.has(target) || this.#isTold(call, told)) continue
      const fields = this.#fieldsOf(call)
      if (fields.length === 0) continue
      told.add(target)
      yield { section: 'targets', target, kind: 'changed', fields }
    }
  }

  #fieldsOf(call: KindOfCall): readonly FieldChange[] {
    return changedFields(effectivePolicy(this.#before, call), effectivePolicy(this.#next, call))
  }

  #isTold({ from, to, method }: KindOfCall, told: ReadonlySet<string>): boolean {
    const documents = this.#before === undefined ? [this.#next] : [this.#before, this.#next]
    return documents.some(({ written }) =>
      written.selection.matching(from, to, method).some(({ key }) => told.has(key.text)),
    )
  }
}

function* inboundChanges(before: PolicyDocument | undefined, next: PolicyDocument): IterableIterator<PolicyChange> {
  const [old, now] = [before?.written.inbound ?? new Map<string, unknown>(), next.written.inbound]
  for (const target of new Set([...old.keys(), ...now.keys()])) {
    const kind = !old.has(target) ? 'added' : now.has(target) ? 'changed' : 'removed'
    const fields = changedFields(effectiveInbound(before, target), effectiveInbound(next, target))
    if (kind !== 'changed' || fields.length > 0) yield { section: 'inbound', target, kind, fields }
  }
}

function changedFields(before: readonly EffectiveField[], next: readonly EffectiveField[]): readonly FieldChange[] {
  const [old, now] = [new Map(byPath(before)), new Map(byPath(next))]
  const switched = new Set<string>()
  const changes: FieldChange[] = []
  for (const path of new Set([...now.keys(), ...old.keys()])) {
    const [was, is] = [old.get(path), now.get(path)]
    const [from, to] = [was?.text ?? offOf(is), is?.text ?? offOf(was)]
    if (from === to) continue
    if (was?.isLayer ?? is?.isLayer) switched.add(path)
    // Of a layer that came or went only what somebody wrote is said.
    const isBelow = [...switched].some((layer) => path.startsWith(`${layer}.`))
    if (isBelow && (was ?? is)?.place === undefined) continue
    changes.push({ path, from, to })
  }
  return changes
}

/** A layer that is not there is off. */
function offOf(other: EffectiveField | undefined): string | undefined {
  return other?.isLayer ? 'off' : undefined
}

function byPath(fields: readonly EffectiveField[]): [string, EffectiveField][] {
  return fields.map((field) => [field.path, field])
}

function keysOf(document: PolicyDocument | undefined): ReadonlyMap<string, KindOfCall> {
  const targets = document?.written.selection.targets ?? []
  return new Map(
    targets.map(({ key: { text, caller, service, method } }) => [
      text,
      { from: caller.example, to: service.example, method: method?.example },
    ]),
  )
}

function examplesOf(document: PolicyDocument | undefined): Iterable<KindOfCall> {
  return document?.written.selection.examples() ?? []
}

function labelOf({ from, to, method }: KindOfCall): string {
  const edge = from === '' ? to || '*' : `${from}>${to || '*'}`
  return method === undefined ? edge : `${edge}/${method}`
}
