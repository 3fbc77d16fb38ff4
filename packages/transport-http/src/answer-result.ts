import type { Buffer } from 'node:buffer'
import type { Answer } from '@seakeep/core'
import { type AttemptResult, type Clock, REFUSED_HEADER, retryAfterMs } from '@seakeep/core/spi'
import { readBody, textOf } from './answer-body.ts'

/**
 * What an answer that came whole says of its attempt.
 *
 * - `refused`: 503 and 429, with the wait the server asks for. Since a refusal is sent again even where the call is not
 *   idempotent, such a call is only `refused` where a Seakeep server says that it did not begin; any other 503 may have
 *   come after half the work, and stays an answer.
 * - `ok`: every other status, 500 as well: classification judges it, and `call` has its body to tell.
 * - `error`: JSON that is none. Of an error answer it is text: the HTML of a proxy must not hide its 502.
 */
export function wholeAnswer(
  status: number,
  headers: Readonly<Record<string, string>>,
  bytes: Buffer,
  isIdempotent: boolean,
  clock: Clock,
): AttemptResult {
  let body: unknown
  try {
    body = readBody(bytes, headers)
  } catch (cause) {
    body = textOf(bytes, undefined)
    if (status < 400) {
      const error = new Error(`the answer calls itself ${headers['content-type']} and is none`, { cause })
      return failed(error, { status, headers, body }, status)
    }
  }
  const value: Answer = { status, headers, body }
  if (status !== 503 && status !== 429) return answered(value)
  const isRefusal = isIdempotent || headers[REFUSED_HEADER] !== undefined
  const waitMs = retryAfterMs(headers, clock.wallNow())
  return { ending: isRefusal ? 'refused' : 'ok', value, error: undefined, status, retryAfterMs: waitMs }
}

export function answered(value: Answer): AttemptResult {
  return { ending: 'ok', value, error: undefined, status: value.status, retryAfterMs: undefined }
}

export function failed(error: Error, value: Answer | undefined, status: number | undefined): AttemptResult {
  return { ending: 'error', value, error, status, retryAfterMs: undefined }
}

/** Nothing was sent for sure. */
export function unreachable(error: Error): AttemptResult {
  return { ending: 'unreachable', value: undefined, error, status: undefined, retryAfterMs: undefined }
}
