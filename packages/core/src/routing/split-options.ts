import type { Field } from '../options/field.ts'
import { type Place, placeOf } from '../options/place.ts'
import { number } from '../options/quantities.ts'
import { type FieldsOf, record } from '../options/record.ts'
import { rowsOrFalse, version } from './rows.ts'

/** A version's part of the calls that no route speaks of. */
export interface VersionShare {
  readonly version: string
  /** Its part, relative to the sum of all. Required, 0 to 1e6; not all may be 0. */
  readonly weight: number
}

const SHARE = record({
  version: version('Which version'),
  weight: number({ min: 0, max: 1e6, about: 'Its part, relative to the sum of all' }),
} satisfies FieldsOf<VersionShare>)

/** The description from which validation, defaults and schema follow. */
export const SPLIT_OPTIONS: Field<readonly VersionShare[] | undefined, ''> = rowsOrFalse(
  SHARE,
  "Each version's part of the calls",
  (rows, at) => {
    const versions = rows.map((row) => row.version)
    const twice = versions.findIndex((one, i) => versions.indexOf(one) !== i)
    if (twice !== -1) throw at.at(twice).at('version').error(`"${versions[twice]}" is listed twice`)
    if (rows.every(({ weight }) => weight === 0)) throw at.error('all weights are 0; at least one must be above')
    return rows
  },
)

/** The shares, frozen; undefined for none. Throws a ConfigError that names the field under `path`. */
export function resolveSplit(
  input: readonly VersionShare[] | false | undefined,
  path: string | Place = 'split',
): readonly VersionShare[] | undefined {
  return SPLIT_OPTIONS.resolve(input, placeOf(path))
}
