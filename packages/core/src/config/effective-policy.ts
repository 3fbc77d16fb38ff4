/**
 * A resolved policy as its users know it: by the names and spellings of the document rather than those the pipeline works
 * with, each field with the place where the last word on it was said, or without one where it is a default.
 *
 * Which fields there are follows from the schema, their values from the resolved policy, so that neither is said twice.
 */
import { durationText } from '../options/duration.ts'
import type { JsonSchema } from '../options/json-schema.ts'
import type { Place } from '../options/place.ts'
import { objectOf, type RecordField } from '../options/record.ts'
import type { Laid } from './overlay.ts'
import type { PolicyDocument } from './policy-document.ts'
import { BARE_POLICY, INBOUND_LAYERS, POLICY_LAYERS } from './policy-options.ts'
import type { KindOfCall } from './policy-selection.ts'

export interface EffectiveField {
  /** `retry.maxAttempts`; a layer as a whole is `retry`. */
  readonly path: string
  /** As a document may write it; `on` or `off` for a layer. */
  readonly text: string
  /** True for a layer as a whole. */
  readonly isLayer: boolean
  /** Where it was written; undefined where it is the default. */
  readonly place: Place | undefined
}

type Values = { readonly [name: string]: unknown }

/**
 * The policy of a call, field by field; the bare one where there is no document, or no target speaks of the call. Throws
 * as `policyFor` does.
 */
export function effectivePolicy(
  document: PolicyDocument | undefined,
  { from, to, method }: KindOfCall,
): readonly EffectiveField[] {
  const policy = document?.policyFor(from, to, method) ?? BARE_POLICY
  return fieldsOf(POLICY_LAYERS, policy, document?.written.selection.laidFor(from, to, method))
}

/** What instances of a service admit; empty where nothing bounds it. */
export function effectiveInbound(document: PolicyDocument | undefined, service: string): readonly EffectiveField[] {
  const inbound = document?.inboundFor(service)
  return inbound === undefined ? [] : fieldsOf(INBOUND_LAYERS, inbound, document?.written.inbound.get(service))
}

/** The part of what was laid that stands at `path`, or the nearest one round it. */
export function laidAt(laid: Laid, path: string): Laid {
  let at = laid
  for (const key of path.split('.')) {
    const part = at.parts?.get(key)
    if (part === undefined) return at
    at = part
  }
  return at
}

function fieldsOf(description: RecordField<unknown>, resolved: object, laid: Laid | undefined): EffectiveField[] {
  const schema = description.schema({ isFragment: false, definitions: new Map() })
  const found: EffectiveField[] = []
  walk(schema, resolved as Values, laid, '', found)
  return found
}

function walk(
  schema: JsonSchema,
  resolved: Values,
  laid: Laid | undefined,
  before: string,
  found: EffectiveField[],
): void {
  for (const [name, field] of Object.entries(objectOf(schema.properties) ?? {})) {
    const path = `${before}${name}`
    const part = laid?.parts?.get(name)
    const inner = objectSchemaIn(field as JsonSchema)
    if (inner === undefined) {
      const text = textOf(name, field as JsonSchema, resolved, part)
      if (text !== undefined) found.push({ path, text, isLayer: false, place: part?.place })
      continue
    }
    const isLayer = isSwitched(field as JsonSchema)
    const value = objectOf(resolved[name])
    if (isLayer && value === undefined) {
      // A whole layer that nobody speaks of is not there; below a layer it is something that is off.
      if (part !== undefined || before !== '') found.push({ path, text: 'off', isLayer, place: part?.place })
      continue
    }
    if (isLayer) found.push({ path, text: 'on', isLayer, place: part?.place })
    // Some descriptions hand the values of an inner object to the one round it.
    walk(inner, value ?? resolved, part, `${path}.`, found)
  }
}

/** The description of an object's fields, also where the object may be a word or a switch instead. */
function objectSchemaIn(schema: JsonSchema): JsonSchema | undefined {
  if (schema.properties !== undefined) return schema
  const ways = Array.isArray(schema.anyOf) ? (schema.anyOf as JsonSchema[]) : []
  return ways.find((way) => way.properties !== undefined)
}

function isSwitched({ anyOf }: JsonSchema): boolean {
  return Array.isArray(anyOf) && anyOf.some((way: JsonSchema) => way.type === 'boolean' || way.const === false)
}

function textOf(name: string, schema: JsonSchema, resolved: Values, part: Laid | undefined): string | undefined {
  // A mode is said where somebody said it: what stands in a layer follows that of its policy.
  if (name === 'mode' && part === undefined) return undefined
  // An algorithm that finds the limit has bounds, and no limit of its own.
  if (name === 'limit' && resolved.adaptive !== undefined) return undefined
  const ms = valueIn(resolved, `${name}Ms`)
  if (typeof ms === 'number') return durationText(ms)
  if (ms === undefined && part === undefined && Object.hasOwn(resolved, `${name}Ms`)) return undefined
  const value = valueIn(resolved, name) ?? part?.value ?? schema.default
  if (value === undefined) return undefined
  // What the pipeline made of a list or an object is not what the user wrote.
  const written = typeof value === 'object' ? (part?.value ?? value) : value
  return typeof written === 'string' ? written : JSON.stringify(written)
}

/** What stands under `name` there, or in an object below: resolving may sort values into parts. */
function valueIn(values: Values, name: string): unknown {
  if (values[name] !== undefined) return values[name]
  for (const inner of Object.values(values)) {
    const object = objectOf(inner)
    const value = object === undefined ? undefined : valueIn(object, name)
    if (value !== undefined) return value
  }
  return undefined
}
