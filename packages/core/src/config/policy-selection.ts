/**
 * Which policy a call has: all targets that speak of it, laid over each other from general to special.
 *
 * Calls are answered from a tree: each node stands for a set of matching targets and holds the policy they make, so
 * that the work is done once for each set that occurs, and methods, of which there may be as many as there are
 * identifiers in paths, are matched and never stored. Equal policies are one object, whatever targets they come from.
 */
import type { Place } from '../options/place.ts'
import type { WrittenLayers } from './named-policies.ts'
import { type Laid, layOver, placeOfLaid } from './overlay.ts'
import { POLICY_LAYERS, type ResolvedPolicy } from './policy-options.ts'
import { compareTargetKeys, type TargetKey } from './target-key.ts'

export interface Target {
  readonly key: TargetKey
  /** Where the target was written. */
  readonly place: Place
  /** The name of the policy it uses. */
  readonly used: string | undefined
  /** What it lays over more general targets, in this order: the chain of the policy it uses, then its own. */
  readonly written: readonly WrittenLayers[]
}

/** Who calls whom, and with which method. */
export interface KindOfCall {
  readonly from: string
  readonly to: string
  readonly method: string | undefined
}

/** Edges whose targets are remembered. Hosts are called without number; beyond it the memory starts anew. */
const MOST_EDGES = 10_000

export class PolicySelection {
  /** General to special. */
  readonly targets: readonly Target[]
  readonly #none = new SelectedTargets(undefined)
  readonly #edges = new Map<string, readonly Target[]>()
  readonly #policies = new Map<string, ResolvedPolicy>()

  constructor(targets: readonly Target[]) {
    this.targets = targets.toSorted((a, b) => compareTargetKeys(a.key, b.key))
  }

  /** Undefined where no target speaks of the call. Throws a ConfigError where its targets do not fit together. */
  policyFor(from: string, to: string, method: string | undefined): ResolvedPolicy | undefined {
    let selected = this.#none
    for (const target of this.#targetsOf(from, to)) {
      const pattern = target.key.method
      if (pattern === undefined || (method !== undefined && pattern.matches(method))) selected = selected.with(target)
    }
    if (selected === this.#none) return undefined
    selected.policy ??= this.#resolve(selected)
    return selected.policy
  }

  /** What the policy of a call is made of, each part with the place where the last word on it was said. */
  laidFor(from: string, to: string, method: string | undefined): Laid | undefined {
    return this.#select(from, to, method).laid
  }

  /** The targets that speak of a call, general to special. */
  matching(from: string, to: string, method: string | undefined): readonly Target[] {
    return this.#targetsOf(from, to).filter(({ key }) => speaksOf(key, method))
  }

  /**
   * Resolves the policy of an example of every kind of call that the keys speak of, so that what does not fit together
   * is found when the document is read. Left for {@link policyFor} to find is only what goes wrong where two globs or
   * two method patterns overlap and neither holds an example of the other.
   */
  check(): void {
    for (const { from, to, method } of this.examples()) this.policyFor(from, to, method)
    this.#edges.clear()
  }

  /** An example of every kind of call that the keys speak of. */
  *examples(): IterableIterator<KindOfCall> {
    const services = new Set(this.targets.map(({ key }) => key.service.example))
    for (const to of services) {
      const near = this.targets.filter(({ key }) => key.service.matches(to))
      const callers = new Set(['', ...near.map(({ key }) => key.caller.example)])
      const methods = new Set([undefined, ...near.map(({ key }) => key.method?.example)])
      for (const from of callers) for (const method of methods) yield { from, to, method }
    }
  }

  #select(from: string, to: string, method: string | undefined): SelectedTargets {
    let selected = this.#none
    for (const target of this.#targetsOf(from, to)) if (speaksOf(target.key, method)) selected = selected.with(target)
    return selected
  }

  #targetsOf(from: string, to: string): readonly Target[] {
    const edge = `${from}>${to}`
    let targets = this.#edges.get(edge)
    if (targets === undefined) {
      targets = this.targets.filter(({ key }) => key.caller.matches(from) && key.service.matches(to))
      if (this.#edges.size >= MOST_EDGES) this.#edges.clear()
      this.#edges.set(edge, targets)
    }
    return targets
  }

  #resolve({ laid }: SelectedTargets): ResolvedPolicy {
    if (laid === undefined) throw new TypeError('a policy is made of targets')
    const policy = POLICY_LAYERS.resolve(laid.value, placeOfLaid(laid))
    const content = JSON.stringify(policy)
    const known = this.#policies.get(content)
    if (known === undefined) this.#policies.set(content, policy)
    return known ?? policy
  }
}

function speaksOf({ method: pattern }: TargetKey, method: string | undefined): boolean {
  return pattern === undefined || (method !== undefined && pattern.matches(method))
}

/** A set of targets, by the way to it through their order. */
class SelectedTargets {
  readonly laid: Laid | undefined
  policy: ResolvedPolicy | undefined
  readonly #next = new Map<Target, SelectedTargets>()

  constructor(laid: Laid | undefined) {
    this.laid = laid
  }

  with(target: Target): SelectedTargets {
    let next = this.#next.get(target)
    if (next === undefined) {
      let { laid } = this
      for (const { layers, place } of target.written) laid = layOver(laid, layers, place)
      next = new SelectedTargets(laid)
      this.#next.set(target, next)
    }
    return next
  }
}
