/**
 * How a handler answers with an error on purpose. It throws rather than returns, so that a forgotten `throw` cannot turn
 * a failure into an answer; `throw fail('sold out')` reads well and is the same.
 */

/** What {@link fail} throws: the simulator takes its `status` as an answer, not as a bug of the handler. */
export class FailedAnswer extends Error {
  readonly status: number

  constructor(reason: string, status: number) {
    super(reason)
    this.name = 'FailedAnswer'
    this.status = status
  }
}

/** Ends the request as a 500 would: the call's outcome is `error`. */
export function fail(reason: string): never {
  throw new FailedAnswer(reason, 500)
}
