/**
 * Parts of a policy that are there or not: an object with options, `true` for all defaults, `false` for not there.
 * And fragments: parts that are checked now and resolved later, when others have been laid over them.
 */
import { type Field, notAllowed, refined, type ScalarField, scalar } from './field.ts'
import { objectOf, type RecordField } from './record.ts'

/** What a fragment holds: normal values by field name, without what was not given. */
export type Fragment = { readonly [name: string]: unknown }

/**
 * A record that can be taken off (`false`) and, where all its fields have defaults, put on with `true`. Nothing given
 * means off, or with `default: true` on.
 */
export function layer<Out>(
  options: RecordField<Out>,
  rules: { readonly default?: boolean; readonly about?: string } = {},
): Field<Out | undefined, ''> {
  const isSwitch = (input: unknown): input is boolean => input === false || (input === true && !options.isRequired)
  const self: Field<Out | undefined, ''> = {
    suffix: '',
    isRequired: false,
    get expected() {
      return `${options.expected}${options.isRequired ? ', or false' : ', true (all defaults) or false'}`
    },
    resolve(input, at) {
      const given = input === undefined ? (rules.default ?? false) : input
      if (isSwitch(given)) return given ? options.resolve({}, at) : undefined
      if (objectOf(given) === undefined) throw notAllowed(at, given, self.expected)
      return options.resolve(given, at)
    },
    normalize(input, at) {
      if (input === undefined || isSwitch(input)) return input
      if (objectOf(input) === undefined) throw notAllowed(at, input, self.expected)
      return options.normalize(input, at)
    },
    schema(use) {
      return {
        ...(rules.about === undefined ? {} : { description: rules.about }),
        anyOf: [options.schema(use), options.isRequired ? { const: false } : { type: 'boolean' }],
        default: rules.default ?? false,
      }
    },
  }
  return self
}

/** A single value that can be taken off with `false`, which resolves to undefined. Nothing given means its default, else off. */
export function orFalse<Out, Suffix extends string>(field: ScalarField<Out, Suffix>): Field<Out | undefined, Suffix> {
  const withFalse = scalar<Out | false, Suffix>({
    ...field.rules,
    expected: `${field.expected}, or false`,
    read: (input) => (input === false ? false : field.rules.read(input)),
    schema: { anyOf: [field.rules.schema, { const: false }] },
    default: field.rules.default ?? false,
  })
  return refined(withFalse, (value) => (value === false ? undefined : value))
}

/** A record of which any part may be missing: resolves to what is there, checked and in one spelling. */
export function fragment(whole: RecordField<unknown>): Field<Fragment, ''> {
  return {
    suffix: '',
    isRequired: false,
    expected: 'an object',
    resolve: (input, at) => whole.normalize(input === undefined ? {} : input, at) as Fragment,
    normalize: whole.normalize,
    schema: (use) => whole.schema({ ...use, isFragment: true }),
  }
}
