import { type CallRequest, ConfigError } from '@seakeep/core'
import {
  ATTEMPT_HEADER,
  type Attempt,
  CALLER_HEADER,
  formatTimeout,
  NO_DEADLINE,
  PRIORITY_HEADER,
  TIMEOUT_HEADER,
} from '@seakeep/core/spi'
import type { Dispatcher } from 'undici'
import { acceptOf, type BodyCodec, JSON_TYPE, MSGPACK_TYPE, writeJson, writeMsgpack } from './body-codec.ts'
import type { FetchRequest } from './fetch-request.ts'
import { isStream, readOnceBody } from './request-body.ts'

/** undici takes a `servername`, though its types do not say so. */
export type RequestHead = Dispatcher.DispatchOptions & { servername?: string }

const METHOD = /^[A-Z]+$/

/**
 * What undici is to send for an attempt. Made anew for each one, since what is left until the deadline differs.
 *
 * A request's own `seakeep-…` headers are dropped: a handler that passes on the headers it was given must not pass on a
 * deadline that has been running since.
 *
 * @throws ConfigError for a request that HTTP cannot say.
 */
export function requestHead(attempt: Attempt, nowMs: number, codec: BodyCodec = 'json'): RequestHead {
  const { request } = attempt
  const { method, path } = methodAndPath(request)
  const headers: string[] = []
  let hasType = false
  let hasAccept = false
  const given = request.headers
  for (const name in given) {
    const value = given[name]
    if (value === undefined) continue
    const lower = name.toLowerCase()
    if (lower.startsWith('seakeep-')) continue
    if (lower === 'content-type') hasType = true
    else if (lower === 'accept') hasAccept = true
    headers.push(lower, value)
  }
  const accept = acceptOf[codec]
  if (accept !== undefined && !hasAccept) headers.push('accept', accept)
  // The attempt's own timeout covers a streamed answer up to its head only; a server would end the whole by it.
  addOwn(
    headers,
    attempt,
    nowMs,
    request.stream === true ? (attempt.callerDeadlineMs ?? NO_DEADLINE) : attempt.deadlineMs,
  )
  const { body } = request
  const once = typeof body === 'object' ? readOnceBody(body) : undefined
  if (once !== undefined) {
    if (!once.canBeSent) throw new ConfigError('request.body', 'it can be read only once, and has been')
    return { method, path, headers, body: once.take() as RequestHead['body'] & {} }
  }
  return {
    method,
    path,
    headers,
    body: bodyOf(typeof body === 'function' ? madeAnew(body as () => unknown) : body, headers, hasType, codec),
  }
}

/** The same for a request that undici's own clients have made, to be sent to `origin`. */
export function fetchHead(
  attempt: Attempt,
  { options, headerList, body, authority }: FetchRequest,
  origin: string,
  nowMs: number,
): RequestHead {
  const headers = headerList.slice()
  // The server behind a service's name is called by that name, as the URL has it; TLS goes by the endpoint's own.
  const isService = attempt.endpoint?.protocol === 'http' && attempt.service !== attempt.endpoint.address.host
  if (isService && !headerList.includes('host')) headers.push('host', authority)
  addOwn(headers, attempt, nowMs)
  return { ...options, origin, headers, body: body.take() as Dispatcher.DispatchOptions['body'] & {} }
}

function addOwn(headers: string[], attempt: Attempt, nowMs: number, deadlineMs: number = attempt.deadlineMs): void {
  if (deadlineMs !== NO_DEADLINE) headers.push(TIMEOUT_HEADER, formatTimeout(deadlineMs - nowMs))
  headers.push(ATTEMPT_HEADER, String(attempt.number))
  if (attempt.priority !== undefined) headers.push(PRIORITY_HEADER, attempt.priority)
  if (attempt.caller !== undefined) headers.push(CALLER_HEADER, attempt.caller)
}

/** A stream that is made for each attempt, so that one whose first is gone can be sent again. */
function madeAnew(make: () => unknown): unknown {
  const body = make()
  if (isStream(body)) return body
  throw new ConfigError('request.body', 'a function is not allowed, unless it returns a stream: a new one each time')
}

function methodAndPath({ method: said, query }: CallRequest): { method: string; path: string } {
  const blank = said === undefined ? -1 : said.indexOf(' ')
  const method = said === undefined ? 'GET' : said.slice(0, Math.max(0, blank))
  let path = said === undefined ? '/' : said.slice(blank + 1)
  if (!METHOD.test(method) || !path.startsWith('/') || method === 'CONNECT') {
    throw new ConfigError('request.method', `'${said}' is not allowed; an HTTP method and a path, as 'POST /charges'`)
  }
  for (const name in query) {
    const value = query[name]
    if (value === undefined) continue
    path += `${path.includes('?') ? '&' : '?'}${encodeURIComponent(name)}=${encodeURIComponent(value)}`
  }
  return { method, path }
}

/** A string or bytes as they are; anything else as the codec has it. */
function bodyOf(body: unknown, headers: string[], hasType: boolean, codec: BodyCodec): string | Uint8Array | null {
  if (body === undefined || body === null) return null
  if (typeof body === 'string' || body instanceof Uint8Array) return body
  if (body instanceof URLSearchParams) {
    if (!hasType) headers.push('content-type', 'application/x-www-form-urlencoded')
    return body.toString()
  }
  if (body instanceof ArrayBuffer) return new Uint8Array(body)
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength)
  if (isStream(body)) return body as string
  if (body instanceof FormData || body instanceof Blob) return body as unknown as string
  if (codec === 'json') {
    if (!hasType) headers.push('content-type', JSON_TYPE)
    return writeJson(body)
  }
  if (!hasType) headers.push('content-type', MSGPACK_TYPE)
  return writeMsgpack(body)
}
