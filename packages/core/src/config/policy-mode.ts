/**
 * `mode` of a policy and of its layers: `enforce` (default), `shadow`, `off`. A layer's own word counts before that of the
 * policy it stands in.
 *
 * It speaks of what refuses, ends, repeats or sets aside. Where a call goes (`loadBalancing`, `routes`, `split`, `mirror`)
 * and what is answered without one (`coalesce`, `cache`) has no mode: `false` takes it off.
 *
 * `off` resolves as if the layer were not there, after it has been checked: what is switched on again tomorrow is found
 * good today. A layer in shadow stands where an enforced one stands and says `isShadow`; see `docs/policies.md` for what
 * each means by it. A timeout in shadow stands as `shadowTimeoutMs`, so that nobody ends a call by it who does not look.
 */
import { optional, type ScalarField } from '../options/field.ts'
import type { JsonSchema, SchemaUse } from '../options/json-schema.ts'
import type { Place } from '../options/place.ts'
import { type RecordField, record } from '../options/record.ts'
import { oneOf } from '../options/words.ts'

export type PolicyMode = 'enforce' | 'shadow' | 'off'

/** On a resolved layer. */
export interface ShadowMark {
  /** It decides and counts as ever, and acts on nothing. Absent where it is enforced. */
  readonly isShadow?: true
}

/** Of a policy, and of each of its layers that has one. */
export const MODE: ScalarField<PolicyMode, ''> = oneOf(['enforce', 'shadow', 'off'], {
  default: 'enforce',
  about: 'enforce; shadow: counts what it would have done; off: as if it were not there',
})

/** A resolved layer with the mode it asks for by itself. */
export interface Moded<out Out> {
  readonly mode: PolicyMode | undefined
  readonly layer: Out
}

/** The same layer with `mode` beside its options. */
export function moded<Out>(options: RecordField<Out>): RecordField<Moded<Out>> {
  const { rules } = options
  const finish = (values: { readonly mode: PolicyMode | undefined }, at: Place): Moded<Out> => {
    const { mode: own, ...rest } = values
    return {
      mode: own,
      layer: Object.freeze(rules.finish === undefined ? rest : rules.finish(rest as never, at)) as Out,
    }
  }
  const whole = record({ ...options.fields, mode: optional(MODE) }, { ...rules, finish } as never)
  return {
    ...(whole as RecordField<Moded<Out>>),
    // What the layer's own schema says beyond its fields is said here, too.
    schema(use: SchemaUse): JsonSchema {
      const schema = options.schema(use)
      return { ...schema, properties: { ...(schema.properties as JsonSchema), mode: MODE.schema(use) } }
    },
  }
}

/** A layer that decides where a call goes or what answers it: there is nothing that it could do on paper only. */
export function modeless<Out>(options: RecordField<Out>): RecordField<Out> {
  const refused = { mode: 'this layer has none; false takes it off' }
  const whole = record(options.fields, { ...options.rules, refused } as never)
  return { ...(whole as RecordField<Out>), schema: options.schema }
}

/** What is left of a layer under the mode of its policy. */
export function governedBy<Out extends object>(
  mode: PolicyMode | undefined,
  given: Moded<Out> | undefined,
): (Out & ShadowMark) | undefined {
  if (given === undefined) return undefined
  switch (given.mode ?? mode) {
    case 'off':
      return undefined
    case 'shadow':
      return Object.freeze({ ...given.layer, isShadow: true })
    default:
      return given.layer
  }
}

/** A timeout has no options, so the mode of its policy is its own. */
export function governedTimeout(
  mode: PolicyMode | undefined,
  timeoutMs: number | undefined,
): { readonly timeoutMs: number | undefined; readonly shadowTimeoutMs?: number } {
  if (mode === undefined || mode === 'enforce' || timeoutMs === undefined) return { timeoutMs }
  return mode === 'off' ? { timeoutMs: undefined } : { timeoutMs: undefined, shadowTimeoutMs: timeoutMs }
}
