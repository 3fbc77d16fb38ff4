/** What a store answers to a write that expected another revision than is there: read again, decide again. */
export class PolicyConflictError extends Error {
  /** What is there now; undefined where nothing is, or it is not known. */
  readonly found: string | undefined

  constructor(store: string, expected: string | undefined, found: string | undefined) {
    const was = expected === undefined ? 'nothing was expected there' : `revision ${expected} was expected there`
    super(`${store} was not written: ${was}, but ${found === undefined ? 'nothing' : `revision ${found}`} is`)
    this.name = 'PolicyConflictError'
    this.found = found
  }
}
