/** What the lists of rows have in common: how many there may be, `false` for none, and how a version is written. */
import { listOf } from '../options/collections.ts'
import { type Field, optional, refined, type ScalarField, scalar } from '../options/field.ts'
import type { Place } from '../options/place.ts'
import { byKind } from '../options/shapes.ts'

export const MAX_ROWS = 100

const OFF: ScalarField<false, ''> = scalar<false, ''>({
  suffix: '',
  expected: 'false for none',
  read: (input) => (input === false ? input : undefined),
  schema: { const: false },
})

/** A list of one row to a hundred, or `false` for none, which resolves to undefined, as nothing given does. */
export function rowsOrFalse<Row, Out>(
  row: Field<Row>,
  about: string,
  make: (rows: readonly Row[], at: Place) => Out,
): Field<Out | undefined, ''> {
  const rows = refined(listOf(row, { min: 1, about }), (given, at) => {
    if (given.length > MAX_ROWS) throw at.error(`${given.length} rows are not allowed; at most ${MAX_ROWS}`)
    return make(given, at)
  })
  return refined(optional(byKind({ list: rows, boolean: OFF })), (given) => (given === false ? undefined : given))
}

/** A version as endpoints announce it. A number is refused, as 1.10 in YAML is 1.1. */
export function version(about: string): ScalarField<string, ''> {
  return quoted({
    about,
    expected: 'a version in quotes',
    read: (input) => (typeof input === 'string' && input !== '' ? input : undefined),
    schema: { type: 'string', minLength: 1 },
  })
}

/** A text which in YAML is easily something else. */
export function quoted(rules: {
  readonly about?: string
  readonly expected: string
  read(input: unknown): string | undefined
  readonly schema: { readonly [keyword: string]: unknown }
}): ScalarField<string, ''> {
  return scalar<string, ''>({
    ...rules,
    suffix: '',
    hint: (input) =>
      (typeof input === 'number' || typeof input === 'boolean') && rules.read(String(input)) !== undefined
        ? `; did you mean "${input}", in quotes?`
        : '',
  })
}
