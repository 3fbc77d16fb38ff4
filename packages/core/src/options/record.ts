/**
 * An object with known fields: the description of a concept's options, of a section, of a whole document.
 *
 * What is not known is an error, since a misspelt option that is passed over governs nothing and nobody notices.
 */
import { durationText } from './duration.ts'
import { type Field, missing, notAllowed } from './field.ts'
import type { JsonSchema, SchemaUse } from './json-schema.ts'
import type { Place } from './place.ts'
import { didYouMean } from './suggest.ts'

export type Fields = { readonly [name: string]: Field<unknown> }

/** Each field under its name with its suffix: `window: duration()` gives `windowMs: number`. */
export type Resolved<F extends Fields> = {
  readonly [Name in keyof F & string as `${Name}${F[Name]['suffix']}`]: F[Name] extends Field<infer Out> ? Out : never
}

/** Holds a description to the options type it is for, in `record({ … } satisfies FieldsOf<RetryOptions>)`. */
export type FieldsOf<Options> = { readonly [Name in keyof Options]-?: Field<unknown> }

export interface RecordRules {
  /** What it is, for the schema; no full stop. */
  readonly about?: string
  /** Fields that somebody may well look for here, and why there are none. */
  readonly refused?: { readonly [name: string]: string }
  /** Fields that a later version knows: refused as such rather than as unknown. */
  readonly notYet?: readonly string[]
  /**
   * Pairs of amounts of which the first is never below the second, as `{ maxOpenFor: 'openFor' }`: given below it, it is
   * refused; its default is raised to it.
   */
  readonly notBelow?: { readonly [name: string]: string }
  /** Makes the resolved object out of the fields' values; what it returns is frozen. */
  readonly finish?: (values: never, at: Place) => unknown
}

export interface RecordField<out Out> extends Field<Out, ''> {
  readonly fields: Fields
  readonly rules: RecordRules
}

type Finish<F extends Fields, Out> = { readonly finish: (values: Resolved<F>, at: Place) => Out }

/**
 * The object with these fields and no others. Nothing given means all defaults, unless a field has none. With `finish`
 * the resolved object is what that makes of the fields' values.
 */
export function record<const F extends Fields>(
  fields: F,
  rules?: RecordRules & { readonly finish?: never },
): RecordField<Resolved<F>>
export function record<const F extends Fields, Out>(fields: F, rules: RecordRules & Finish<F, Out>): RecordField<Out>
export function record(fields: Fields, rules: RecordRules = {}): RecordField<unknown> {
  const { notBelow = {} } = rules
  const required = (): string[] => Object.keys(fields).filter((name) => fields[name]?.isRequired)

  const self: RecordField<unknown> = {
    fields,
    rules,
    suffix: '',
    get isRequired() {
      return required().length > 0
    },
    get expected() {
      return self.isRequired ? `an object with ${required().join(', ')}` : 'an object'
    },
    resolve(input, at) {
      if (input === undefined && self.isRequired) throw missing(at, self.expected)
      const given = givenFields(input === undefined ? {} : input, self, at)
      const values: { [name: string]: unknown } = {}
      for (const [name, field] of Object.entries(fields)) {
        values[name + field.suffix] = field.resolve(given[name], at.at(name))
      }
      for (const [name, floor] of Object.entries(notBelow)) {
        const key = name + fields[name]?.suffix
        const least = values[floor + fields[floor]?.suffix]
        if (!isBelow(values[key], least)) continue
        if (given[name] !== undefined) throw tooLow(self, name, values[key], least, at)
        values[key] = least
      }
      return Object.freeze(rules.finish === undefined ? values : rules.finish(values as never, at))
    },
    normalize(input, at) {
      if (input === undefined) return undefined
      const given = givenFields(input, self, at)
      const parts: { [name: string]: unknown } = {}
      for (const [name, field] of Object.entries(fields)) {
        if (given[name] !== undefined) parts[name] = field.normalize(given[name], at.at(name))
      }
      for (const [name, floor] of Object.entries(notBelow)) {
        if (isBelow(parts[name], parts[floor])) throw tooLow(self, name, parts[name], parts[floor], at)
      }
      return Object.freeze(parts)
    },
    schema(use: SchemaUse): JsonSchema {
      const properties = Object.entries(fields).map(([name, field]) => [name, field.schema(use)])
      return {
        ...(rules.about === undefined ? {} : { description: rules.about }),
        type: 'object',
        properties: Object.fromEntries(properties),
        ...(use.isFragment || !self.isRequired ? {} : { required: required() }),
        additionalProperties: false,
      }
    },
  }
  return self
}

/** The same record with more fields, which are resolved beside its own. */
export function extended<Out, const F extends Fields>(
  base: RecordField<Out>,
  fields: F,
): RecordField<Out & Resolved<F>> {
  const added = Object.entries(fields).map(([name, field]) => name + field.suffix)
  const finish = (values: { readonly [name: string]: unknown }, at: Place): unknown => ({
    ...Object.fromEntries(added.map((name) => [name, values[name]])),
    ...(base.rules.finish === undefined ? values : (base.rules.finish(values as never, at) as object)),
  })
  return record({ ...fields, ...base.fields }, { ...base.rules, finish }) as RecordField<Out & Resolved<F>>
}

/** `input` where it is an object with keys, whatever realm or class it comes from. */
export function objectOf(input: unknown): { readonly [key: string]: unknown } | undefined {
  const isObject = Object.prototype.toString.call(input) === '[object Object]'
  return isObject ? (input as { readonly [key: string]: unknown }) : undefined
}

/** The fields of `input` that are there, without a prototype; an unknown one is an error even where it is undefined. */
function givenFields(input: unknown, { fields, rules, expected }: RecordField<unknown>, at: Place): Given {
  const object = objectOf(input)
  if (object === undefined) throw notAllowed(at, input, expected)
  const given: Given = Object.create(null)
  for (const key of Object.keys(object)) {
    if (!Object.hasOwn(fields, key)) throw unknownKey(key, Object.keys(fields), at, rules)
    given[key] = object[key]
  }
  return given
}

type Given = { [name: string]: unknown }

function unknownKey(key: string, known: readonly string[], at: Place, { notYet = [], refused }: RecordRules): Error {
  const allowed = known.join(', ')
  if (notYet.includes(key)) return at.at(key).error(`not available yet in this version; allowed: ${allowed}`)
  const why = refused !== undefined && Object.hasOwn(refused, key) ? refused[key] : undefined
  if (why !== undefined) return at.at(key).error(`${why}; allowed: ${allowed}`)
  return at.at(key).error(`unknown key; allowed: ${allowed}${didYouMean(key, known)}`)
}

function isBelow(amount: unknown, least: unknown): boolean {
  return typeof amount === 'number' && typeof least === 'number' && amount < least
}

function tooLow(
  { fields, rules }: RecordField<unknown>,
  name: string,
  amount: unknown,
  least: unknown,
  at: Place,
): Error {
  const text = (value: unknown): string =>
    fields[name]?.suffix === 'Ms' ? durationText(value as number) : String(value)
  const floor = rules.notBelow?.[name] ?? ''
  // In a whole that was laid together the two may have been written far apart.
  const [high, low] = [at.at(name), at.at(floor)]
  const isBeside = high.path.slice(0, -name.length) === low.path.slice(0, -floor.length)
  return high.error(`${text(amount)} is not allowed; at least ${isBeside ? floor : low.path}, which is ${text(least)}`)
}
