/** Fields that take several forms: told apart by the kind of value, or by the key that an object has. */
import { type Field, missing, notAllowed, type ScalarField, scalar } from './field.ts'
import type { JsonSchema, SchemaUse } from './json-schema.ts'
import type { Place } from './place.ts'
import { objectOf, type RecordField } from './record.ts'
import { didYouMean } from './suggest.ts'

type Kind = 'text' | 'number' | 'boolean' | 'list' | 'object' | 'function'
type Forms<F> = { readonly [K in Kind]?: F }
type OutOf<F> = F extends Field<infer Out> ? Out : never

/**
 * One of several forms, each of another kind of value: `{ text: …, number: …, object: … }`. The kind alone chooses, so
 * that the error is that of the form that was meant. Nothing given is an error.
 */
export function byKind<const F extends Forms<Field<unknown>>>(forms: F): Field<OutOf<F[keyof F]>, ''> {
  type Out = OutOf<F[keyof F]>
  const all = Object.values(forms) as Field<Out>[]
  const expected = (): string => [...new Set(all.map((form) => form.expected))].join('; or ')
  const chosen = (input: unknown): Field<Out> | undefined => forms[kindOf(input) as Kind] as Field<Out> | undefined
  return {
    suffix: '',
    isRequired: true,
    get expected() {
      return expected()
    },
    resolve(input, at) {
      if (input === undefined) throw missing(at, expected())
      const form = chosen(input)
      if (form === undefined) throw notAllowed(at, input, expected())
      return form.resolve(input, at)
    },
    normalize(input, at) {
      if (input === undefined) return undefined
      const form = chosen(input)
      if (form === undefined) throw notAllowed(at, input, expected())
      return form.normalize(input, at)
    },
    schema: (use) => anyOf(all, use),
  }
}

/**
 * One of several records, told apart by a key of theirs that the others have not: `{ work: …, call: … }` reads
 * `{ call: 'x', optional: true }` as the second. Nothing given is an error.
 */
export function byKey<const F extends { readonly [key: string]: RecordField<unknown> }>(
  variants: F,
): Field<OutOf<F[keyof F]>, ''> {
  type Out = OutOf<F[keyof F]>
  const keys = Object.keys(variants)
  const expected = `an object with ${keys.length === 1 ? '' : 'one of '}${keys.join(', ')}`
  const chosen = (input: unknown, at: Place): Field<Out> => {
    const object = objectOf(input)
    if (object === undefined) throw notAllowed(at, input, expected)
    const key = keys.find((candidate) => object[candidate] !== undefined)
    if (key !== undefined) return variants[key] as Field<Out>
    const given = Object.keys(object)
    const near = given.map((word) => didYouMean(word, keys)).find((hint) => hint !== '')
    throw at.error(`${given.length === 0 ? 'empty' : `has ${given.join(', ')}`}; ${expected}${near ?? ''}`)
  }
  return {
    suffix: '',
    isRequired: true,
    expected,
    resolve(input, at) {
      if (input === undefined) throw missing(at, expected)
      return chosen(input, at).resolve(input, at)
    },
    normalize: (input, at) => (input === undefined ? undefined : chosen(input, at).normalize(input, at)),
    schema: (use) => anyOf(Object.values(variants), use),
  }
}

/** A function, which only options in code can hold. */
export function func<F extends (...args: never) => unknown>(
  rules: { readonly about?: string } = {},
): ScalarField<F, ''> {
  return scalar({
    ...rules,
    suffix: '',
    expected: 'a function',
    read: (input) => (typeof input === 'function' ? (input as F) : undefined),
    schema: { not: {} },
  })
}

function anyOf(fields: readonly Field<unknown>[], use: SchemaUse): JsonSchema {
  const schemas = [...new Set(fields)].map((field) => field.schema(use))
  return schemas.length === 1 ? schemas[0]! : { anyOf: schemas }
}

function kindOf(input: unknown): Kind | undefined {
  if (Array.isArray(input)) return 'list'
  switch (typeof input) {
    case 'string':
      return 'text'
    case 'number':
    case 'boolean':
    case 'function':
      return typeof input as 'number' | 'boolean' | 'function'
    default:
      return objectOf(input) === undefined ? undefined : 'object'
  }
}
