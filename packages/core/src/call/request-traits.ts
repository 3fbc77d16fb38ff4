/** What is read off a request or an answer whatever the protocol: its verb, a header, whether it can be read twice. */

import type { CallRequest, StartOptions } from './call.ts'

/** The HTTP verb of a method, `GET` where there is no method; undefined for methods of other protocols. */
export function verbOf(method: string | undefined): string | undefined {
  if (method === undefined) return 'GET'
  const blank = method.indexOf(' ')
  return blank === -1 ? undefined : method.slice(0, blank)
}

/** The header called `name` (in lower case), however it is spelled there; the first of several. */
export function headerOf(headers: Readonly<Record<string, string>> | undefined, name: string): string | undefined {
  if (headers === undefined) return undefined
  if (Object.hasOwn(headers, name)) return headers[name]
  for (const given of Object.keys(headers)) if (given.toLowerCase() === name) return headers[given]
  return undefined
}

/** Says that sending it twice is as good as once: by its header; a function, which has none, by what its caller says. */
export function hasIdempotencyKey(request: CallRequest, { idempotent }: StartOptions): boolean {
  if (typeof request === 'function') return idempotent === true
  return headerOf(request.headers, 'idempotency-key') !== undefined
}

/** True for what is gone once it was read: streams and iterators, and what has one for a body, such as a Response. */
export function isReadOnce(value: unknown): boolean {
  if (isStream(value)) return true
  return typeof value === 'object' && value !== null && isStream((value as { body?: unknown }).body)
}

function isStream(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { getReader, pipe, next } = value as { getReader?: unknown; pipe?: unknown; next?: unknown }
  return [getReader, pipe, next].some((method) => typeof method === 'function') || Symbol.asyncIterator in value
}
