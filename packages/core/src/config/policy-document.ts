/**
 * The policy document, version 1: named policies, the targets that use them, and what instances admit.
 *
 * The document is checked as a whole when it is read, so that one that is accepted governs every call it speaks of; a
 * part that is misspelt or out of bounds refuses all of it, with the path (and the line, where it came from a text).
 * How targets are laid over each other stands in `target-key.ts` and `overlay.ts`.
 */

import { mapOf } from '../options/collections.ts'
import { optional, refined } from '../options/field.ts'
import type { JsonSchema } from '../options/json-schema.ts'
import { type Fragment, fragment } from '../options/layer.ts'
import { type Place, rootPlace } from '../options/place.ts'
import { extended, objectOf, type RecordField, record } from '../options/record.ts'
import { jsonSchemaOf } from '../options/schema-of.ts'
import { name, oneOf, text } from '../options/words.ts'
import { contentHash } from './content-hash.ts'
import { NamedPolicies } from './named-policies.ts'
import { type Laid, layOver } from './overlay.ts'
import { INBOUND_LAYERS, type InboundPolicy, POLICY_LAYERS, type ResolvedPolicy } from './policy-options.ts'
import { PolicySelection } from './policy-selection.ts'
import { targetKey } from './target-key.ts'

interface DocumentContent {
  readonly version: 1
  readonly policies: { readonly [name: string]: Fragment }
  readonly targets: { readonly [key: string]: Fragment }
  readonly inbound: { readonly [service: string]: InboundPolicy }
}

const VERSION = oneOf([1], { about: 'Version of this format' })

const NAMED_POLICY = extended(POLICY_LAYERS, {
  extends: optional(name({ about: 'The policy that this one is laid over' })),
})
const TARGET = extended(POLICY_LAYERS, {
  use: optional(name({ about: "The policy that the target's own fields are laid over" })),
})
const TARGET_KEY = refined(
  text({ about: 'service, host glob, service/method, caller>service or caller>service/method; * is every service' }),
  (key, at) => targetKey(key, at).text,
)

const DOCUMENT: RecordField<DocumentContent> = record({
  $schema: optional(text({ about: 'For editors' })),
  version: VERSION,
  policies: mapOf(name(), fragment(NAMED_POLICY), {
    about: 'Policies that targets use; standard is there without being defined',
  }),
  targets: mapOf(TARGET_KEY, fragment(TARGET), {
    about: 'What governs calls, by what is called; all that match are laid over each other, general to special',
  }),
  inbound: mapOf(name(), INBOUND_LAYERS, { about: 'What the instances of a service admit' }),
})

/** The parts of a document. */
export interface WrittenDocument {
  readonly named: NamedPolicies
  readonly selection: PolicySelection
  readonly inbound: ReadonlyMap<string, Laid>
}

/** A policy document that has been read and found good. Immutable. */
export class PolicyDocument {
  /** 16 hexadecimal digits, equal for equal content: the order of keys and the spelling of amounts do not count. */
  readonly hash: string
  /** The policy named `standard`, which is there without being defined. */
  readonly standard: ResolvedPolicy
  /** What was written, and where: for those who judge, print or compare it. */
  readonly written: WrittenDocument
  readonly #selection: PolicySelection
  readonly #inbound: { readonly [service: string]: InboundPolicy }

  /** `content` stands at `at`, where `input` was written. Throws a ConfigError where names, keys or combinations are wrong. */
  constructor(content: DocumentContent, at: Place, input: { readonly inbound?: unknown } = {}) {
    const { version, policies, targets, inbound } = content
    const named = new NamedPolicies(policies, at.at('policies'))
    this.#selection = new PolicySelection(
      Object.entries(targets).map(([key, { use, ...layers }]) => {
        const place = at.at('targets').at(key)
        const used = use as string | undefined
        const chain = used === undefined ? [] : named.chain(used, place.at('use'))
        return { key: targetKey(key, place), place, used, written: [...chain, { layers, place }] }
      }),
    )
    this.#selection.check()
    this.standard = named.resolve('standard')
    this.#inbound = inbound
    this.written = { named, selection: this.#selection, inbound: laidInbound(input.inbound, at.at('inbound')) }
    this.hash = contentHash({ version, policies, targets, inbound })
  }

  /**
   * The policy of calls from service `from` to `to`: the identical frozen object for equal policies. Undefined where no
   * target speaks of them. `method` is `POST /charges` or `pkg.Service/Method`.
   */
  policyFor(from: string, to: string, method?: string): ResolvedPolicy | undefined {
    return this.#selection.policyFor(from, to, method)
  }

  /** What each instance of `service` admits; undefined where the document does not name it. */
  inboundFor(service: string): InboundPolicy | undefined {
    return this.#inbound[service]
  }
}

/**
 * Reads a document out of plain data, as YAML or JSON or code gives it. Throws a ConfigError with path, value and what
 * is allowed; `source` says in it where the data came from.
 */
export function parsePolicyDocument(input: unknown, source?: string | Place): PolicyDocument {
  const at = typeof source === 'object' ? source : rootPlace('', source === undefined ? undefined : () => source)
  // Before all else: what another version may hold is not for this one to judge.
  const written = objectOf(input)
  if (written !== undefined) VERSION.resolve(written.version, at.at('version'))
  return new PolicyDocument(DOCUMENT.resolve(input, at), at, written)
}

function laidInbound(input: unknown, at: Place): ReadonlyMap<string, Laid> {
  const services = Object.entries(objectOf(input) ?? {})
  return new Map(
    services.map(([service, layers]) => {
      const place = at.at(service)
      return [service, layOver(undefined, INBOUND_LAYERS.normalize(layers, place), place)]
    }),
  )
}

/** The JSON Schema (draft 2020-12) of a policy document, for editors. */
export function policyDocumentSchema(): JsonSchema {
  return jsonSchemaOf(DOCUMENT, {
    $id: 'urn:seakeep:policy.v1',
    title: 'Seakeep policy document, version 1',
  })
}
