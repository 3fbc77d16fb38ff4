import type { CallRequest, RequestContext } from '@seakeep/core'
import type { Dispatcher } from 'undici'
import { RequestBody } from './request-body.ts'
import type { UrlOrigin } from './url-origin.ts'

/** Kept of a body of known length that could be read only once, so that it can be sent again: 1 MiB. */
const KEEP_BYTES = 1024 * 1024
const IDEMPOTENT = new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'TRACE'])
/** Instructions for this side; they are not sent. */
const KEY = 'seakeep-key'
const PRIORITY = 'seakeep-priority'

/**
 * A request as undici's clients make it (`fetch`, `request`), to be sent as it is: its answer is handed out untouched,
 * from its head on.
 */
export class FetchRequest implements CallRequest {
  /** As policies know it: `POST /charges`, without the query. */
  readonly method: string
  readonly stream = true
  readonly body: RequestBody
  readonly options: Dispatcher.DispatchOptions
  /** Names and values in turn, names in lower case. */
  readonly headerList: readonly string[]
  /** `https:` was asked for: it must not be sent over anything less. */
  readonly isSecure: boolean
  /** Host and port as the URL has them. */
  readonly authority: string
  readonly key: string | undefined
  readonly priority: string | undefined
  readonly isIdempotent: boolean
  /** Sends it, where that is not for the transport's own connections. */
  readonly dispatch: Dispatcher.Dispatch | undefined
  #headers: Record<string, string> | undefined

  constructor(
    options: Dispatcher.DispatchOptions,
    { isSecure, address }: UrlOrigin,
    context: RequestContext | undefined,
    dispatch: Dispatcher.Dispatch | undefined,
  ) {
    const list: string[] = []
    const said: Said = { key: undefined, priority: undefined, length: undefined, isKeyed: false, isTraced: false }
    eachHeader(options.headers, (name, value) => take(list, said, name.toLowerCase(), value))
    if (!said.isTraced && context?.traceparent !== undefined) {
      list.push('traceparent', context.traceparent)
      if (context.tracestate !== undefined) list.push('tracestate', context.tracestate)
    }
    const query = options.path.indexOf('?')
    this.method = `${options.method} ${query === -1 ? options.path : options.path.slice(0, query)}`
    this.options = options
    this.headerList = list
    this.isSecure = isSecure
    this.authority = address.service
    this.dispatch = dispatch
    this.body = new RequestBody(options.body ?? null, said.length, KEEP_BYTES)
    this.key = said.key
    this.priority = said.priority ?? context?.priority
    this.isIdempotent = (IDEMPOTENT.has(options.method) || said.isKeyed) && !this.body.isOneShot
  }

  get headers(): Readonly<Record<string, string>> {
    if (this.#headers === undefined) {
      this.#headers = {}
      const list = this.headerList
      for (let at = 0; at < list.length; at += 2) this.#headers[list[at]!] = list[at + 1]!
    }
    return this.#headers
  }
}

interface Said {
  key: string | undefined
  priority: string | undefined
  length: number | undefined
  isKeyed: boolean
  isTraced: boolean
}

function take(list: string[], said: Said, name: string, value: string): void {
  if (name === KEY) said.key = value
  else if (name === PRIORITY) said.priority = value
  // What else a handler passes on of the headers it was given has been running since: a deadline, a number.
  if (name.startsWith('seakeep-')) return
  if (name === 'content-length') said.length = Number(value)
  else if (name === 'idempotency-key') said.isKeyed = true
  else if (name === 'traceparent') said.isTraced = true
  list.push(name, value)
}

/** Headers in each of the forms that undici takes. */
function eachHeader(headers: Dispatcher.DispatchOptions['headers'], told: (name: string, value: string) => void): void {
  if (headers === null || headers === undefined) return
  if (Array.isArray(headers) && typeof headers[0] !== 'object') {
    for (let at = 0; at + 1 < headers.length; at += 2) told(String(headers[at]), String(headers[at + 1]))
    return
  }
  const pairs = Symbol.iterator in headers ? headers : Object.entries(headers)
  for (const [name, value] of pairs as Iterable<[string, string | string[] | undefined]>) {
    if (Array.isArray(value)) for (const one of value) told(name, one)
    else if (value !== undefined) told(name, String(value))
  }
}
