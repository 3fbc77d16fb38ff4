import type { CallRequest, StartOptions } from '../call/call.ts'
import { verbOf } from '../call/request-traits.ts'
import { bodyText, MAX_TEXT } from './body-text.ts'
import { asksForNew } from './cache-control.ts'
import type { ResolvedSharing } from './sharing-options.ts'

/** Headers that name the call and not what is asked: of two equal calls they differ. */
const OF_THE_CALL = new Set([
  ...['traceparent', 'tracestate', 'baggage', 'b3', 'x-amzn-trace-id', 'x-cloud-trace-context'],
  ...['x-request-id', 'x-correlation-id'],
])
const OF_THE_CALL_PREFIXES = ['x-b3-', 'seakeep-'] as const
/** Who asks, and for which form: they count even where a policy lists other headers. */
const ALWAYS = ['authorization', 'proxy-authorization', 'cookie', 'accept-encoding', 'range']

/** Before a key: how often it had been said anew which calls are equal. */
const EPOCH = /^(\d+)#\[/

/**
 * The keys of a target's calls: the same text for equal calls and no others. It is what was said, not a hash of it, so
 * that no two calls can be taken for each other; one that is too long to be kept many times is not shared.
 *
 * Where a policy says anew which calls are equal, its keys are of the next epoch: a call that began before shares with
 * nobody who came after.
 */
export class CallKeys {
  readonly #service: string
  readonly #methods: ReadonlySet<string>
  readonly #headers: ReadonlySet<string> | undefined
  readonly #isByKey: boolean
  readonly #epoch: number

  constructor(service: string, { methods, headers, isByKey }: ResolvedSharing, epoch = 0) {
    this.#epoch = epoch
    this.#service = service
    this.#methods = new Set(methods)
    this.#headers = headers === undefined ? undefined : new Set([...headers, ...ALWAYS])
    this.#isByKey = isByKey
  }

  /**
   * By which an answer is kept. Undefined where the call must not share one: another method,
   * `idempotent: false` where only its verb is listed, a request that asks for a new answer (`cache-control: no-cache` or
   * `no-store`), a body that cannot be compared, an answer that is asked for as a stream.
   */
  of(request: CallRequest, options: StartOptions): string | undefined {
    const { method, query, headers, body } = request
    if (!this.#mayShare(method, options.idempotent)) return undefined
    if ((request as { readonly stream?: unknown }).stream === true) return undefined
    const asked = headers === undefined ? undefined : this.#headersOf(headers)
    if (asked === 'new') return undefined
    const content = body === undefined ? null : bodyText(body)
    if (content === undefined) return undefined
    const said = query === undefined ? null : pairsOf(query)
    const key = this.#isByKey ? (options.key ?? null) : null
    const text = JSON.stringify([this.#service, method ?? null, said, asked ?? null, key, content])
    return text.length > MAX_TEXT ? undefined : `${this.#epoch}#${text}`
  }

  /** The keys of the same target by another sharing. */
  next(sharing: ResolvedSharing): CallKeys {
    return new CallKeys(this.#service, sharing, this.#epoch + 1)
  }

  /** Whether a key is of an earlier epoch. One that a caller has given is of none. */
  isOld(key: string): boolean {
    const epoch = this.#epoch === 0 ? undefined : EPOCH.exec(key)?.[1]
    return epoch !== undefined && Number(epoch) < this.#epoch
  }

  /** By which a call that is under way is found. */
  underWay(request: CallRequest, options: StartOptions): string | undefined {
    const key = this.of(request, options)
    return key === undefined ? undefined : keyUnderWay(key, options)
  }

  /** Whether requests that differ in a header which an answer depends on (its `vary`) have different keys. */
  tellsApart(vary: string): boolean {
    return vary.split(',').every((given) => {
      const name = given.trim().toLowerCase()
      return name !== '*' && (name === '' || this.#counts(name))
    })
  }

  /** Who lists a whole method has said that it only reads, whatever its verb says of retries. */
  #mayShare(method: string | undefined, idempotent: boolean | undefined): boolean {
    if (method !== undefined && this.#methods.has(method)) return true
    const verb = verbOf(method)
    return idempotent !== false && verb !== undefined && this.#methods.has(verb)
  }

  #counts(header: string): boolean {
    if (this.#headers !== undefined) return this.#headers.has(header)
    const [b3, ours] = OF_THE_CALL_PREFIXES
    return !OF_THE_CALL.has(header) && !header.startsWith(b3) && !header.startsWith(ours)
  }

  #headersOf(headers: Readonly<Record<string, string>>): string[][] | 'new' | undefined {
    const pairs: string[][] = []
    for (const name of Object.keys(headers)) {
      const value = headers[name]
      if (value === undefined) continue
      const lower = name.toLowerCase()
      if (lower === 'cache-control' && asksForNew(value)) return 'new'
      if (this.#counts(lower)) pairs.push([lower, String(value)])
    }
    return pairs.length === 0 ? undefined : pairs.sort(byName)
  }
}

/**
 * A call that is under way is also told apart by what its caller wants of it, so that nobody is shed, or goes without
 * retries, for the sake of another.
 */
export function keyUnderWay(key: string, { priority = '', parentAttempt = 1 }: StartOptions): string {
  return priority === '' && parentAttempt <= 1 ? key : `${key}${parentAttempt > 1 ? '+' : '-'}${priority}`
}

function pairsOf(query: Readonly<Record<string, string>>): string[][] | null {
  const pairs: string[][] = []
  for (const name of Object.keys(query)) {
    if (query[name] !== undefined) pairs.push([name, String(query[name])])
  }
  return pairs.length === 0 ? null : pairs.sort(byName)
}

function byName([a = '']: string[], [b = '']: string[]): number {
  return a < b ? -1 : a > b ? 1 : 0
}
