import { Buffer } from 'node:buffer'
import type { Duration } from '@seakeep/core'
import {
  duration,
  type FieldsOf,
  integer,
  listOf,
  optional,
  type RecordField,
  record,
  refined,
  rootPlace,
  type ScalarField,
  scalar,
  text,
} from '@seakeep/core/spi'

/** A certificate or a key as PEM: its text or its bytes, not the path of a file. */
export type Pem = string | Uint8Array

export interface EtcdOptions {
  /** The members' client addresses, `host:port` each, the port 2379 where none is given. One is used at a time. */
  readonly endpoints: readonly string[]
  /** Put before all keys of instances and locks; ends in `/`. Default `seakeep/`. */
  readonly prefix?: string
  /** Where etcd's own authentication is on. */
  readonly auth?: { readonly user: string; readonly password: string }
  /** Given, connections are encrypted; `{}` trusts the system's authorities and shows no certificate. */
  readonly tls?: {
    /** The authorities to trust. Default the system's. */
    readonly ca?: Pem
    /** The client's certificate; needs `key`. */
    readonly cert?: Pem
    readonly key?: Pem
  }
  /** The key of the policy document. Without it the module brings no policy source. */
  readonly policies?: string
  /**
   * How long a question to etcd may take, on all endpoints together. Default 4 s, from 100 ms to 60 s: below the 5 s that a
   * registrar with the default lease waits for its heartbeat. With several endpoints each gets at most half of it.
   */
  readonly requestTimeout?: Duration
  /**
   * How often a watch in which nothing happens is asked whether it lives. Default 1.5 s, from 500 ms to 60 s. Two questions
   * that nothing follows, and the next endpoint is turned to: an endpoint that is silent is left after two to three times
   * this.
   */
  readonly probeInterval?: Duration
  /** Waits before a watch that was lost is opened again: decorrelated jitter. */
  readonly retry?: {
    /** The shortest, at least 1 ms. Default 100 ms. */
    readonly initial?: Duration
    /** The longest, at least `initial`. Default 5 s. */
    readonly max?: Duration
  }
  /** Largest message of etcd's that is read, in bytes. Default 64 MiB, from 4 MiB to 1 GiB: a list comes in one message. */
  readonly maxAnswerBytes?: number
}

export interface ResolvedEtcdOptions {
  readonly endpoints: readonly string[]
  readonly prefix: string
  readonly auth: { readonly user: string; readonly password: string } | undefined
  readonly tls:
    | { readonly ca: Buffer | undefined; readonly cert: Buffer | undefined; readonly key: Buffer | undefined }
    | undefined
  readonly policies: string | undefined
  readonly requestTimeoutMs: number
  readonly probeIntervalMs: number
  readonly retry: { readonly initialMs: number; readonly maxMs: number }
  readonly maxAnswerBytes: number
}

const ENDPOINT: ScalarField<string, ''> = scalar({
  suffix: '',
  expected: 'an address such as 127.0.0.1:2379',
  read: endpointOf,
  hint: (input) => {
    const bare =
      typeof input === 'string' ? endpointOf(input.replace(/^https?:\/\//, '').replace(/\/$/, '')) : undefined
    return bare === undefined ? '' : `; did you mean ${bare}${/^https:/.test(input as string) ? ', with tls: {}' : ''}?`
  },
  schema: { type: 'string', minLength: 1 },
})

const PREFIX: ScalarField<string, ''> = scalar({
  suffix: '',
  expected: 'a text that ends in /',
  read: (input) => (typeof input === 'string' && input.endsWith('/') ? input : undefined),
  hint: (input) => (typeof input === 'string' && input !== '' ? `; did you mean ${input}/?` : ''),
  default: 'seakeep/',
  schema: { type: 'string', pattern: '/$' },
})

const PEM: ScalarField<Buffer, ''> = scalar({
  suffix: '',
  expected: 'a PEM text (-----BEGIN …) or its bytes; read the file first',
  read: (input) => {
    const bytes = typeof input === 'string' || input instanceof Uint8Array ? Buffer.from(input) : undefined
    return bytes?.includes('-----BEGIN ') ? bytes : undefined
  },
  // Not the text that was given: it may be a key.
  problem: (input) => (typeof input === 'string' ? 'this text is no PEM; give the content of the file' : undefined),
  schema: { not: {} },
})

const TLS: RecordField<NonNullable<ResolvedEtcdOptions['tls']>> = record(
  { ca: optional(PEM), cert: optional(PEM), key: optional(PEM) } satisfies FieldsOf<NonNullable<EtcdOptions['tls']>>,
  { about: 'Encrypted connections' },
)

const OPTIONS: RecordField<ResolvedEtcdOptions> = record({
  endpoints: listOf(ENDPOINT, { min: 1, about: 'Client addresses of the members' }),
  prefix: PREFIX,
  auth: optional(record({ user: text(), password: text() } satisfies FieldsOf<NonNullable<EtcdOptions['auth']>>)),
  tls: optional(
    refined(TLS, (tls, at) => {
      if ((tls.cert === undefined) === (tls.key === undefined)) return tls
      throw at.error('cert and key go together; only one of them is given')
    }),
  ),
  policies: optional(text({ about: 'Key of the policy document' })),
  requestTimeout: duration({ default: '4s', min: 100, max: '60s', about: 'How long a question to etcd may take' }),
  probeInterval: duration({
    default: '1500ms',
    min: 500,
    max: '60s',
    about: 'How often a quiet watch is asked for life',
  }),
  retry: record(
    {
      initial: duration({ default: '100ms', min: 1, about: 'Shortest wait before a lost watch is opened again' }),
      max: duration({ default: '5s', about: 'Longest wait, at least initial' }),
    } satisfies FieldsOf<NonNullable<EtcdOptions['retry']>>,
    { about: 'Waits before a lost watch is opened again', notBelow: { max: 'initial' } },
  ),
  maxAnswerBytes: integer({
    default: 64 * 1024 ** 2,
    min: 4 * 1024 ** 2,
    max: 1024 ** 3,
    about: 'Largest message that is read',
  }),
} satisfies FieldsOf<EtcdOptions>)

/** @throws ConfigError naming the option, its value and what is allowed. */
export function resolveEtcdOptions(options: EtcdOptions): ResolvedEtcdOptions {
  return OPTIONS.resolve(options, rootPlace('etcd'))
}

/** `host:port`, IPv6 in brackets; undefined where it is none. */
function endpointOf(input: unknown): string | undefined {
  if (typeof input !== 'string') return undefined
  const [, host, port = '2379'] = /^(\[[0-9a-fA-F:.]+\]|[^\s:/@[\],]+)(?::(\d{1,5}))?$/.exec(input) ?? []
  return host === undefined || Number(port) < 1 || Number(port) > 65535 ? undefined : `${host}:${port}`
}
