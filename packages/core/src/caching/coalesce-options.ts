import { type Place, placeOf } from '../options/place.ts'
import { integer } from '../options/quantities.ts'
import { type FieldsOf, type RecordField, record } from '../options/record.ts'
import { type ResolvedSharing, resolvedSharing, SHARING_FIELDS, type SharingOptions } from './sharing-options.ts'

/** Equal calls that are under way at one time share one answer. */
export interface CoalesceOptions extends SharingOptions {
  /** Most different calls that are shared at a time; further ones go alone. Default 10,000, from 1 to 1e6. */
  readonly maxKeys?: number
}

export interface ResolvedCoalesceOptions {
  readonly sharing: ResolvedSharing
  readonly maxKeys: number
}

/** The description from which validation, defaults and schema follow. */
export const COALESCE_OPTIONS: RecordField<ResolvedCoalesceOptions> = record(
  {
    ...SHARING_FIELDS,
    maxKeys: integer({ default: 10_000, min: 1, max: 1e6, about: 'Most different calls that are shared at a time' }),
  } satisfies FieldsOf<CoalesceOptions>,
  {
    about: 'Equal calls that are under way share one answer',
    finish: ({ maxKeys, ...sharing }): ResolvedCoalesceOptions => ({ sharing: resolvedSharing(sharing), maxKeys }),
  },
)

/** The options with all defaults filled in, frozen. Throws a ConfigError that names the field under `path`. */
export function resolveCoalesceOptions(
  input: CoalesceOptions = {},
  path: string | Place = 'coalesce',
): ResolvedCoalesceOptions {
  return COALESCE_OPTIONS.resolve(input, placeOf(path))
}
