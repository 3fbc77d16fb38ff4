/** The policies a document names, each with the chain of those it extends; `standard` is there without being defined. */
import type { Fragment } from '../options/layer.ts'
import { type Place, rootPlace } from '../options/place.ts'
import { printed } from '../options/printed.ts'
import { didYouMean } from '../options/suggest.ts'
import { type Laid, layOver, placeOfLaid } from './overlay.ts'
import { POLICY_LAYERS, type ResolvedPolicy, STANDARD_POLICY } from './policy-options.ts'

/** Some layers and where they were written. */
export interface WrittenLayers {
  readonly layers: Fragment
  readonly place: Place
}

interface NamedPolicy extends WrittenLayers {
  readonly parent: string | undefined
}

export class NamedPolicies {
  readonly #byName = new Map<string, NamedPolicy>([
    ['standard', { layers: { ...STANDARD_POLICY }, parent: undefined, place: rootPlace('standard (built in)') }],
  ])

  /** Throws a ConfigError where a policy extends one that is not there, or in the end itself. */
  constructor(policies: { readonly [name: string]: Fragment }, at: Place) {
    for (const [name, { extends: parent, ...layers }] of Object.entries(policies)) {
      this.#byName.set(name, { layers, parent: parent as string | undefined, place: at.at(name) })
    }
    for (const [name, { parent, place }] of this.#byName) {
      if (parent !== undefined) this.#checkChain(name, parent, place.at('extends'))
    }
  }

  /** Those the document defines or `standard`, where they were written, and what they extend. */
  get all(): ReadonlyMap<string, { readonly place: Place; readonly parent: string | undefined }> {
    return this.#byName
  }

  /** The policy after all it extends, the root of the chain first. `at` is where it is asked for by name. */
  chain(name: string, at: Place): readonly WrittenLayers[] {
    const policy = this.#byName.get(name)
    if (policy === undefined) {
      const names = [...this.#byName.keys()]
      throw at.error(`${printed(name)} is not allowed; one of ${names.join(', ')}${didYouMean(name, names)}`)
    }
    const { parent, place } = policy
    return [...(parent === undefined ? [] : this.chain(parent, place.at('extends'))), policy]
  }

  /** The policy that is made of a name's chain alone, all defaults filled in. */
  resolve(name: string): ResolvedPolicy {
    let laid: Laid | undefined
    for (const { layers, place } of this.chain(name, rootPlace(name))) laid = layOver(laid, layers, place)
    return POLICY_LAYERS.resolve(laid?.value, laid === undefined ? rootPlace(name) : placeOfLaid(laid))
  }

  #checkChain(name: string, parent: string, at: Place): void {
    const met = [name]
    for (let next: string | undefined = parent; next !== undefined; next = this.#byName.get(next)?.parent) {
      met.push(next)
      if (next === name) throw at.error(`${printed(parent)} is not allowed; a circle: ${met.join(' > ')}`)
      if (met.indexOf(next) !== met.length - 1) return
    }
    this.chain(name, at)
  }
}
