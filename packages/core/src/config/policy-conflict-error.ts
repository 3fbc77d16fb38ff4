import { isSeakeepError, SeakeepError } from '../errors/seakeep-error.ts'

/** Somebody else has written the document since it was read: nothing was written. */
export class PolicyConflictError extends SeakeepError {
  /** The revision that was to be replaced; undefined where nothing was to be there. */
  readonly expected: string | undefined
  /** The revision that is there; undefined where nothing is, or where it is not known. */
  readonly found: string | undefined

  constructor(store: string, expected: string | undefined, found: string | undefined, why?: string) {
    const was = expected === undefined ? 'nothing was to be there' : `revision ${expected} was to be replaced`
    const is = found === undefined ? 'there is none' : `there is ${found}`
    super('SEAKEEP_POLICY_CONFLICT', `${store} was written by somebody else: ${why ?? `${was}, ${is}`}`)
    this.expected = expected
    this.found = found
  }
}

export function isPolicyConflictError(value: unknown): value is PolicyConflictError {
  return isSeakeepError(value) && value.code === 'SEAKEEP_POLICY_CONFLICT'
}
