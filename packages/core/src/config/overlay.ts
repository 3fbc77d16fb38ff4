/**
 * Layering: fragments of a policy laid over each other, general to special. Objects merge, scalars and lists replace,
 * `false` takes a layer off and `true` puts it on with all defaults, so that an object laid over either starts anew; an
 * object with another `algorithm` replaces the whole.
 *
 * Each part remembers where it was written, so that an error in the whole names the line that caused it. Fragments are
 * normal (see `Field.normalize`); a Laid is immutable and shared by all that is laid over it.
 */
import type { ConfigError } from '../errors/seakeep-error.ts'
import type { Place } from '../options/place.ts'
import { objectOf } from '../options/record.ts'

export interface Laid {
  /** Where the last word on it was said. */
  readonly place: Place
  readonly value: unknown
  /** Of an object: its fields. */
  readonly parts: ReadonlyMap<string, Laid> | undefined
}

/** `value`, written at `place`, over what was there. */
export function layOver(below: Laid | undefined, value: unknown, place: Place): Laid {
  const object = objectOf(value)
  if (object === undefined) return { place, value, parts: undefined }
  const parts = new Map(changesAlgorithm(below, object) ? [] : below?.parts)
  for (const [key, part] of Object.entries(object)) parts.set(key, layOver(parts.get(key), part, place.at(key)))
  return { place, value: Object.fromEntries([...parts].map(([key, part]) => [key, part.value])), parts }
}

/** The place of a whole: its fields stand where each was written. */
export function placeOfLaid(laid: Laid): Place {
  return {
    path: laid.place.path,
    get position() {
      return laid.place.position
    },
    at(key: string | number): Place {
      const part = laid.parts?.get(String(key))
      return part === undefined ? laid.place.at(key) : placeOfLaid(part)
    },
    error: (problem: string): ConfigError => laid.place.error(problem),
  }
}

function changesAlgorithm(below: Laid | undefined, object: { readonly algorithm?: unknown }): boolean {
  return object.algorithm !== undefined && object.algorithm !== below?.parts?.get('algorithm')?.value
}
