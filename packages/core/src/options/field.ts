/**
 * What is said of one option: from a single description follow its validation, its default, the message of its error
 * and its JSON Schema. The builders beside this file make descriptions; a concept's `x-options.ts` puts them together
 * with `record` and is the only place that knows its defaults and bounds.
 *
 * A description is read in two ways. `resolve` makes the options a concept works with: defaults filled in, frozen.
 * `normalize` reads a *fragment*, a part that others are laid over before the whole is resolved, as a policy document
 * has them: each thing named is checked alone and brought to one spelling, nothing is filled in or required.
 */
import type { ConfigError } from '../errors/seakeep-error.ts'
import type { JsonSchema, SchemaUse } from './json-schema.ts'
import type { Place } from './place.ts'
import { printed } from './printed.ts'

export interface Field<out Out, out Suffix extends string = string> {
  /** Put after the field's name in a resolved record: `Ms` for durations, since internal names end in their unit. */
  readonly suffix: Suffix
  /** True where there is no default, so that nothing given is an error. */
  readonly isRequired: boolean
  /** What is allowed, for messages: `an integer from 1 to 20`. */
  readonly expected: string
  /** The value meant by `input`, or the default for undefined. Throws a ConfigError; never writes to `input`. */
  resolve(input: unknown, at: Place): Out
  /** A checked copy of a fragment in one spelling, which {@link resolve} reads with the same meaning. */
  normalize(input: unknown, at: Place): unknown
  schema(use: SchemaUse): JsonSchema
}

/** The error for a value that is there and cannot be used. */
export function notAllowed(at: Place, input: unknown, expected: string, hint = ''): ConfigError {
  return at.error(`${printed(input)} is not allowed; ${expected}${hint}`)
}

/** The error for a value that must be given and is not. */
export function missing(at: Place, expected: string): ConfigError {
  return at.error(`missing; ${expected}`)
}

/** The same field where nothing given is fine and resolves to undefined. */
export function optional<Out, Suffix extends string>(field: Field<Out, Suffix>): Field<Out | undefined, Suffix> {
  return {
    suffix: field.suffix,
    isRequired: false,
    get expected() {
      return field.expected
    },
    resolve: (input, at) => (input === undefined ? undefined : field.resolve(input, at)),
    normalize: field.normalize,
    schema: field.schema,
  }
}

/** The same field with its value made into something else; `make` may refuse it with `throw at.error(…)`. */
export function refined<In, Out, Suffix extends string>(
  field: Field<In, Suffix>,
  make: (value: In, at: Place) => Out,
): Field<Out, Suffix> {
  return {
    suffix: field.suffix,
    // Asked for and not copied, as a description that contains itself is not whole yet.
    get isRequired() {
      return field.isRequired
    },
    get expected() {
      return field.expected
    },
    resolve: (input, at) => make(field.resolve(input, at), at),
    normalize: field.normalize,
    schema: field.schema,
  }
}

/** How a field that holds one plain value is described. */
export interface ScalarRules<out Out, out Suffix extends string> {
  readonly suffix: Suffix
  readonly expected: string
  /** The value meant by `input`; undefined where it means none that is allowed. */
  read(input: unknown): Out | undefined
  /** What may have been meant by a refused input, as `; did you mean 5s?`. */
  hint?(input: unknown): string
  /** The whole problem with a refused input, where there is more to say than that it is not allowed. */
  problem?(input: unknown): string | undefined
  /** Given as users write it. */
  readonly default?: unknown
  readonly about?: string | undefined
  readonly schema: JsonSchema
}

/** A field that holds one plain value, with the rules it was made of, so that it can be made anew with others. */
export interface ScalarField<out Out, out Suffix extends string> extends Field<Out, Suffix> {
  readonly rules: ScalarRules<Out, Suffix>
}

/** The field that `rules` describe; all that hold a number, a word or a function are made here. */
export function scalar<Out, Suffix extends string>(rules: ScalarRules<Out, Suffix>): ScalarField<Out, Suffix> {
  const { suffix, expected } = rules
  const resolve = (input: unknown, at: Place): Out => {
    const given = input === undefined ? rules.default : input
    if (given === undefined) throw missing(at, expected)
    const value = rules.read(given)
    if (value !== undefined) return value
    const problem = rules.problem?.(given)
    throw problem === undefined ? notAllowed(at, given, expected, rules.hint?.(given)) : at.error(problem)
  }
  const schema: JsonSchema = {
    description: rules.about === undefined ? expected : `${rules.about}: ${expected}`,
    ...rules.schema,
    ...(rules.default === undefined ? {} : { default: rules.default }),
  }
  return {
    rules,
    suffix,
    isRequired: rules.default === undefined,
    expected,
    resolve,
    normalize: (input, at) => (input === undefined ? undefined : resolve(input, at)),
    schema: () => schema,
  }
}
