import type { Field } from '../options/field.ts'
import { type Place, placeOf } from '../options/place.ts'
import { type FieldsOf, record } from '../options/record.ts'
import { HEADER_MATCHES, type HeaderMatch } from './header-match.ts'
import { rowsOrFalse, version } from './rows.ts'

/** Calls with certain headers go to one version. */
export interface VersionRoute {
  /** All must match; at least one. `beta` is that value, `beta*` what begins so, `*` any. Names in any case. */
  readonly headers: { readonly [name: string]: string }
  readonly version: string
}

export interface ResolvedVersionRoute {
  readonly headers: readonly HeaderMatch[]
  readonly version: string
}

const ROUTE = record({
  headers: HEADER_MATCHES,
  version: version('Where they go'),
} satisfies FieldsOf<VersionRoute>)

/** The description from which validation, defaults and schema follow. The first route that matches counts. */
export const ROUTES_OPTIONS: Field<readonly ResolvedVersionRoute[] | undefined, ''> = rowsOrFalse(
  ROUTE,
  'Calls with certain headers go to one version; the first that matches counts',
  (rows) => rows,
)

/** The routes, frozen; undefined for none. Throws a ConfigError that names the field under `path`. */
export function resolveRoutes(
  input: readonly VersionRoute[] | false | undefined,
  path: string | Place = 'routes',
): readonly ResolvedVersionRoute[] | undefined {
  return ROUTES_OPTIONS.resolve(input, placeOf(path))
}
