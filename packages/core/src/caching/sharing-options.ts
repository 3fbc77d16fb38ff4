/**
 * Which calls are equal, so that the answer to one is an answer to the other: the options that `coalesce` and `cache`
 * have in common.
 *
 * The defaults share too little rather than too much, since an answer in the wrong hands is a leak: only what reads, and
 * everything that is said in a request tells it apart but the headers that name the call itself.
 */
import { listOf } from '../options/collections.ts'
import { type Field, optional, refined, scalar } from '../options/field.ts'
import { headerName } from '../options/header-name.ts'
import { type FieldsOf, type RecordField, record } from '../options/record.ts'
import { bool } from '../options/words.ts'

export interface SharingOptions {
  /**
   * Which calls may share: verbs that only read (`GET`, `HEAD`, `OPTIONS`), or whole methods, such as `POST /search` or
   * `acme.Inventory/Read`. Default GET and HEAD; a call without a method counts as GET. The body is part of the key.
   */
  readonly methods?: readonly string[]
  readonly by?: ByOptions
}

export interface ByOptions {
  /**
   * The request headers that tell calls apart. Default all, but those that name the call (`traceparent`, `x-request-id`,
   * …). `authorization`, `cookie`, `accept-encoding` and `range` count whether listed or not.
   */
  readonly headers?: readonly string[]
  /** Whether calls with another `key` are other calls. Default true. */
  readonly key?: boolean
}

export interface ResolvedSharing {
  readonly methods: readonly string[]
  /** In lower case; undefined for all but those that name the call. */
  readonly headers: readonly string[] | undefined
  readonly isByKey: boolean
}

interface ResolvedBy {
  readonly headers: readonly string[] | undefined
  readonly key: boolean
}

const READING = ['GET', 'HEAD', 'OPTIONS']
const WRITING = ['POST', 'PUT', 'PATCH', 'DELETE', 'CONNECT', 'TRACE']
const DEFAULT_METHODS: readonly string[] = Object.freeze(['GET', 'HEAD'])
/** A verb with a path, or a service with a method. */
const WHOLE_METHOD = /^[A-Z]+ \/\S*$|^[^\s/]+\/\S+$/

const METHOD = scalar<string, ''>({
  suffix: '',
  expected: 'GET, HEAD, OPTIONS, or a whole method (POST /search, acme.Inventory/Read)',
  read: (input) =>
    typeof input === 'string' && (READING.includes(input) || WHOLE_METHOD.test(input)) ? input : undefined,
  hint(input) {
    if (typeof input !== 'string') return ''
    const upper = input.toUpperCase()
    if (READING.includes(upper)) return `; did you mean ${upper}?`
    return WRITING.includes(upper) ? `; name those that only read, as ${upper} /search` : ''
  },
  schema: { type: 'string', pattern: `^(${READING.join('|')})$|${WHOLE_METHOD.source}` },
})

const HEADER = refined(headerName(), (name) => name.toLowerCase())

const BY: RecordField<ResolvedBy> = record(
  {
    headers: optional(
      listOf(HEADER, { about: 'Request headers that tell calls apart; by default all but trace headers' }),
    ),
    key: bool({ default: true, about: "Whether the call's key tells calls apart" }),
  } satisfies FieldsOf<ByOptions>,
  { about: 'What tells calls apart beside method, query and body' },
)

/** The fields that both layers have. */
export const SHARING_FIELDS: {
  readonly methods: Field<readonly string[] | undefined, ''>
  readonly by: RecordField<ResolvedBy>
} = {
  methods: optional(
    listOf(METHOD, { min: 1, about: 'Verbs that only read, or whole methods, which may share; by default GET, HEAD' }),
  ),
  by: BY,
} satisfies FieldsOf<SharingOptions>

/** What the values of those fields come to. */
export function resolvedSharing(values: {
  readonly methods: readonly string[] | undefined
  readonly by: ResolvedBy
}): ResolvedSharing {
  const { methods = DEFAULT_METHODS, by } = values
  return Object.freeze({ methods, headers: by.headers, isByKey: by.key })
}

/** Whether calls that are equal by `a` are equal by `b`, and the other way round. */
export function isSameSharing(a: ResolvedSharing, b: ResolvedSharing): boolean {
  return JSON.stringify([a.methods, a.headers, a.isByKey]) === JSON.stringify([b.methods, b.headers, b.isByKey])
}
