/**
 * Reads the fields of a file in somebody else's format. A path is only put together for an error: such files hold
 * millions of values.
 */
import type { ConfigError } from '@seakeep/core'
import { type Locate, objectOf, printed, rootPlace } from '@seakeep/core/spi'

export type Fields = Readonly<Record<string, unknown>>
export type Keys = readonly (string | number)[]

/** Printed values end here; a span that is out of place may hold a whole trace. */
const SHOWN = 80

export class ForeignFields {
  /** What the file is called in messages. */
  readonly file: string
  readonly #locate: Locate | undefined

  constructor(file: string, locate: Locate | undefined) {
    this.file = file
    this.#locate = locate
  }

  object(value: unknown, expected: string, keys: Keys): Fields {
    return objectOf(value) ?? this.#refuse(value, expected, keys)
  }

  list(value: unknown, expected: string, keys: Keys): readonly unknown[] {
    return Array.isArray(value) ? value : this.#refuse(value, expected, keys)
  }

  /** A text that is not empty. */
  text(value: unknown, expected: string, keys: Keys): string {
    return typeof value === 'string' && value !== '' ? value : this.#refuse(value, expected, keys)
  }

  /** What `read` makes of it; undefined is refused. */
  read<T>(value: unknown, read: (value: unknown) => T | undefined, expected: string, keys: Keys): T {
    return read(value) ?? this.#refuse(value, expected, keys)
  }

  error(keys: Keys, problem: string): ConfigError {
    let place = rootPlace('', this.#locate)
    for (const key of keys) place = place.at(key)
    return place.error(this.#locate === undefined ? `${problem} (${this.file})` : problem)
  }

  #refuse(value: unknown, expected: string, keys: Keys): never {
    const shown = printed(value)
    const short = shown.length > SHOWN ? `${shown.slice(0, SHOWN)}…` : shown
    throw this.error(keys, value === undefined ? `is missing; ${expected}` : `${short} is not allowed; ${expected}`)
  }
}

/** A number that is not negative, also as a text, as protobuf's JSON writes what may not fit a number. */
export function countOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value
  return typeof number === 'number' && number >= 0 && Number.isFinite(number) ? number : undefined
}
