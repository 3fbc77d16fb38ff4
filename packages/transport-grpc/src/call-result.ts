import { type Metadata, type StatusObject, status } from '@grpc/grpc-js'
import type { Answer } from '@seakeep/core'
import { type AttemptResult, REFUSED_HEADER } from '@seakeep/core/spi'
import { headersOf } from './answer-headers.ts'
import { asksForNoMore, PUSHBACK_KEY, parsePushback } from './grpc-metadata.ts'
import { httpStatusOf, statusText } from './grpc-status.ts'

/** What is known of a call that ended with another status than OK. */
export interface FailedCall {
  readonly status: StatusObject
  /** Undefined where the server had not begun to answer. */
  readonly headers: Metadata | undefined
  /** A stream was opened for it on a connection. */
  readonly wasSent: boolean
  readonly isIdempotent: boolean
}

export function answered(value: Answer): AttemptResult {
  return { ending: 'ok', value, error: undefined, status: 200, retryAfterMs: undefined }
}

export function failed(error: Error, value?: Answer): AttemptResult {
  return { ending: 'error', value, error, status: value?.status, retryAfterMs: undefined }
}

/** Nothing was sent for sure. */
export function unreachable(error: Error): AttemptResult {
  return { ending: 'unreachable', value: undefined, error, status: undefined, retryAfterMs: undefined }
}

/**
 * What a status other than OK says of its attempt.
 *
 * - `unreachable`: no stream was opened for it.
 * - `refused`: the stream was refused, or UNAVAILABLE and RESOURCE_EXHAUSTED in place of an answer, with the wait the
 *   server asks for. Since a refusal is sent again even where the call is not idempotent, such a call is only `refused`
 *   where a Seakeep server says that it did not begin; else it may have been half done, and the status is an answer.
 * - `error`: the connection or the stream broke off, or the answer is over the bound.
 * - `ok`: every other status that a server sent. The body is its message; the code is in `grpc-status` among the headers,
 *   and the whole status is the result's error, which becomes the `cause` of what `call` throws.
 */
export function resultOf({ status: ended, headers, wasSent, isIdempotent }: FailedCall): AttemptResult {
  if (!wasSent) return unreachable(errorOf(ended))
  if (isStreamRefused(ended)) return { ...failed(errorOf(ended)), ending: 'refused' }
  if (!isFromServer(ended, headers) || isTooLarge(ended)) return failed(errorOf(ended))
  const like = httpStatusOf(ended.code)
  const all = headersOf(headers, ended.metadata)
  all['grpc-status'] = String(ended.code)
  const value: Answer = { status: like, headers: all, body: ended.details }
  const isPushback = like === 503 || like === 429
  const isRefusal = isPushback && (all[REFUSED_HEADER] !== undefined || (isIdempotent && headers === undefined))
  const text = all[PUSHBACK_KEY]
  const retryAfterMs = parsePushback(text)
  const isFinal = asksForNoMore(text)
  return { ending: isRefusal ? 'refused' : 'ok', value, error: ended, status: like, retryAfterMs, isFinal }
}

/**
 * The same under a service config that says after which codes a method is tried again: others are final, and those that
 * are answers here (ABORTED) count as the server's wish to be asked again. What was refused unbegun is sent again in any
 * case, as gRPC does transparently.
 */
export function retriedBy(codes: ReadonlySet<number> | undefined, code: number, result: AttemptResult): AttemptResult {
  const { value } = result
  if (codes === undefined || value === undefined) return result
  if ((value as Answer).headers[REFUSED_HEADER] !== undefined) return result
  if (!codes.has(code)) return { ...result, isFinal: true }
  const isRetried = result.status === undefined || result.status >= 500 || result.status === 429
  return isRetried ? result : { ...result, status: 429 }
}

/**
 * grpc-js ends a call that broke off with a status of its own making. It has no mark, but its metadata is empty: what a
 * server sends has headers before it, or the `content-type` of an answer that is only trailers. After headers all that is
 * left are the texts.
 */
function isFromServer({ details, metadata }: StatusObject, headers: Metadata | undefined): boolean {
  for (const _ in metadata.toJSON()) return true
  return headers !== undefined && !BROKEN_OFF.test(details)
}
const BROKEN_OFF =
  /^(Received RST_STREAM with code \d|Connection dropped$|Call cancelled$|Stream refused by server$|Bandwidth exhausted or memory limit exceeded$|Protocol not secure enough$|(read|write) E[A-Z]+$)/

/**
 * For three of these endings the text is all there is, as a server may send the same code. The texts are produced by the
 * real library in the tests of this package, so that a version of it with others does not pass.
 */
export function isStreamRefused({ code, details }: StatusObject): boolean {
  return code === status.UNAVAILABLE && details === 'Stream refused by server'
}
function isTooLarge({ code, details }: StatusObject): boolean {
  return code === status.RESOURCE_EXHAUSTED && /^Received message (larger than max|that decompresses to)/.test(details)
}

/** With the fields of the status, as grpc-js' own clients throw it. */
function errorOf(ended: StatusObject): Error {
  const hint = isTooLarge(ended) ? ' (maxAnswerBytes of grpc())' : ''
  return Object.assign(new Error(statusText(ended) + hint), ended)
}
