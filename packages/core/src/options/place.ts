/**
 * Where a value stands, carried along while it is read, so that every error names it: the path through the document,
 * and the file, line and column where there is a text behind it.
 *
 * A path is printed as `--set` reads it: keys and list positions joined by dots, a dot inside a key as `\.`.
 */
import { ConfigError } from '../errors/seakeep-error.ts'

export interface Place {
  /** `policies.standard.retry.maxAttempts`; empty for the whole. */
  readonly path: string
  /** `file:line:col` of what stands here, or of the nearest thing round it; undefined where no text is behind it. */
  readonly position: string | undefined
  /** The place of a field, an entry or (by number, from 0) an item of what stands here. */
  at(key: string | number): Place
  /** The error to throw for what stands here. */
  error(problem: string): ConfigError
}

/** Finds `file:line:col` for the keys that lead to a value, or for the nearest thing round it; undefined if unknown. */
export type Locate = (keys: readonly string[]) => string | undefined

/** The place of a whole document or options object, which errors call `path`. */
export function rootPlace(path = '', locate?: Locate): Place {
  return new KeyedPlace(undefined, path, locate)
}

/** The place itself, or the root called so: for public functions, which also take a path as text. */
export function placeOf(path: string | Place): Place {
  return typeof path === 'string' ? rootPlace(path) : path
}

/** A link to the place round it: most places are never printed, so texts are made only for errors. */
class KeyedPlace implements Place {
  readonly #parent: KeyedPlace | undefined
  readonly #key: string
  readonly #locate: Locate | undefined

  constructor(parent: KeyedPlace | undefined, key: string, locate: Locate | undefined) {
    this.#parent = parent
    this.#key = key
    this.#locate = locate
  }

  get path(): string {
    if (this.#parent === undefined) return this.#key
    const before = this.#parent.path
    const key = this.#key.replaceAll('.', '\\.')
    return before === '' ? key : `${before}.${key}`
  }

  get position(): string | undefined {
    return this.#locate?.(this.#keys())
  }

  at(key: string | number): Place {
    return new KeyedPlace(this, String(key), this.#locate)
  }

  error(problem: string): ConfigError {
    const { position } = this
    return new ConfigError(this.path, position === undefined ? problem : `${problem} (${position})`)
  }

  #keys(): string[] {
    return this.#parent === undefined ? [] : [...this.#parent.#keys(), this.#key]
  }
}
