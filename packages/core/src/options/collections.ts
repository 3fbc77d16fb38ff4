/** Lists, and objects whose keys are the user's own. */
import { type Field, missing, notAllowed } from './field.ts'
import type { Place } from './place.ts'
import { objectOf } from './record.ts'

export interface CollectionRules {
  /** Fewest entries. Default 0; above it, nothing given is an error. */
  readonly min?: number
  readonly about?: string
}

/** A list of equal things; nothing given is the empty list. */
export function listOf<Out>(item: Field<Out>, rules: CollectionRules = {}): Field<readonly Out[], ''> {
  const { min = 0 } = rules
  const expected = min === 0 ? 'a list' : `a list with at least ${min} ${min === 1 ? 'item' : 'items'}`
  const read = <T>(input: unknown, at: Place, readItem: (given: unknown, at: Place) => T): readonly T[] => {
    if (!Array.isArray(input)) throw notAllowed(at, input, expected)
    if (input.length < min) throw at.error(`${input.length} items are not enough; ${expected}`)
    return Object.freeze(Array.from(input, (given, index) => readItem(given, at.at(index))))
  }
  return {
    suffix: '',
    isRequired: min > 0,
    expected,
    resolve(input, at) {
      if (input === undefined && min > 0) throw missing(at, expected)
      return read(input === undefined ? [] : input, at, item.resolve)
    },
    normalize: (input, at) => (input === undefined ? undefined : read(input, at, item.normalize)),
    schema: (use) => ({
      ...(rules.about === undefined ? {} : { description: rules.about }),
      type: 'array',
      // A list laid over another replaces it, so its items are whole even in a fragment.
      items: item.schema({ ...use, isFragment: false }),
      ...(min === 0 ? {} : { minItems: min }),
    }),
  }
}

/** An object whose keys are the user's: resolves to one without a prototype, in the order given. Nothing is the empty one. */
export function mapOf<Out>(
  key: Field<string>,
  value: Field<Out>,
  rules: CollectionRules = {},
): Field<{ readonly [key: string]: Out }, ''> {
  const { min = 0 } = rules
  const expected = min === 0 ? 'an object' : `an object with at least ${min} ${min === 1 ? 'entry' : 'entries'}`
  const read = <T>(input: unknown, at: Place, readValue: (given: unknown, at: Place) => T): { [key: string]: T } => {
    const object = objectOf(input)
    if (object === undefined) throw notAllowed(at, input, expected)
    const entries: { [key: string]: T } = Object.create(null)
    for (const [name, given] of Object.entries(object)) {
      if (given === undefined) continue
      entries[key.resolve(name, at.at(name))] = readValue(given, at.at(name))
    }
    const count = Object.keys(entries).length
    if (count < min) throw at.error(`${count} entries are not enough; ${expected}`)
    return Object.freeze(entries)
  }
  return {
    suffix: '',
    isRequired: min > 0,
    expected,
    resolve(input, at) {
      if (input === undefined && min > 0) throw missing(at, expected)
      return read(input === undefined ? {} : input, at, value.resolve)
    },
    normalize: (input, at) => (input === undefined ? undefined : read(input, at, value.normalize)),
    schema: (use) => ({
      ...(rules.about === undefined ? {} : { description: rules.about }),
      type: 'object',
      propertyNames: key.schema(use),
      additionalProperties: value.schema(use),
      ...(min === 0 ? {} : { minProperties: min }),
    }),
  }
}
