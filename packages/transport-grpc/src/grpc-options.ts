import { Buffer } from 'node:buffer'
import type { Duration } from '@seakeep/core'
import {
  duration,
  type FieldsOf,
  integer,
  layer,
  listOf,
  oneOf,
  optional,
  type RecordField,
  record,
  refined,
  rootPlace,
  type ScalarField,
  scalar,
  text,
} from '@seakeep/core/spi'
import { BYTES, type GrpcCodec } from './codec.ts'
import type { ServiceConfigPolicies } from './service-config.ts'

/** A certificate or a key as PEM: its text or its bytes, not the path of a file. */
export type Pem = string | Uint8Array

export interface GrpcOptions {
  /** What stands between a call's body and the bytes of its messages. Default: bodies are bytes. See `codecOf`. */
  readonly codec?: GrpcCodec
  /**
   * Longest wait for a connection, HTTP/2 handshake included. Default 1 s, from 1 ms to 60 s: a lost SYN is sent again
   * only after 1 s (RFC 6298), and by then another endpoint is the better try.
   */
  readonly connectTimeout?: Duration
  /**
   * How long an endpoint that could not be connected to is left alone; meanwhile its attempts are `unreachable` at once.
   * The wait grows by 1.6 from failure to failure and is drawn ±20 %.
   */
  readonly connectBackoff?: {
    /** First wait, at least 1 ms. Default 100 ms. */
    readonly initial?: Duration
    /**
     * Longest wait, at least `initial`. Default 10 s, not gRPC's 120 s: balancing, breaker and checks keep calls away from
     * what is down, and an endpoint that is back should be found by its next check.
     */
    readonly max?: Duration
  }
  /**
   * Asks a quiet connection with calls under way whether it lives, and gives it up where it does not answer. `false` takes
   * it off. Servers of other languages close connections that ask more often than every 5 minutes, unless told otherwise.
   */
  readonly keepalive?:
    | boolean
    | {
        /** Default 5 min, from 1 s. */
        readonly interval?: Duration
        /** Longest wait for the answer. Default 10 s, from 100 ms. */
        readonly timeout?: Duration
      }
  /** Largest message of an answer, in bytes. Default 4 MiB as everywhere in gRPC, to 1 GiB. */
  readonly maxAnswerBytes?: number
  /** Largest message of a request, in bytes, to 1 GiB; a larger one is a mistake in the call. None by default. */
  readonly maxRequestBytes?: number
  /** What `fromServiceConfig` has read, for the codes after which methods are tried again. Default none. */
  readonly serviceConfigs?: readonly ServiceConfigPolicies[]
  /** How the messages of requests are compressed. Default `none`; answers are unpacked whatever they come in. */
  readonly compression?: 'none' | 'gzip' | 'deflate'
  /** Given, connections to endpoints are encrypted; `{}` trusts the system's authorities and shows no certificate. */
  readonly tls?: {
    /** The authorities to trust. Default the system's. */
    readonly ca?: Pem
    /** The client's certificate; needs `key`. */
    readonly cert?: Pem
    readonly key?: Pem
    /** The name that certificates must be for. Default: the endpoint's host. */
    readonly serverName?: string
  }
  /** Given, what `.grpc(server)` serves is encrypted. */
  readonly serverTls?: {
    readonly cert: Pem
    readonly key: Pem
    /** The authorities of clients: given, a client has to show a certificate of theirs. None by default. */
    readonly ca?: Pem
  }
}

export interface ResolvedServerTls {
  readonly cert: Buffer
  readonly key: Buffer
  readonly ca: Buffer | undefined
}

export interface ResolvedGrpcOptions {
  readonly codec: GrpcCodec
  readonly connectTimeoutMs: number
  readonly connectBackoff: { readonly initialMs: number; readonly maxMs: number }
  readonly keepalive: { readonly intervalMs: number; readonly timeoutMs: number } | undefined
  readonly maxAnswerBytes: number
  readonly maxRequestBytes: number | undefined
  readonly serviceConfigs: readonly ServiceConfigPolicies[] | undefined
  readonly compression: 'none' | 'gzip' | 'deflate'
  readonly tls:
    | {
        readonly ca: Buffer | undefined
        readonly cert: Buffer | undefined
        readonly key: Buffer | undefined
        readonly serverName: string | undefined
      }
    | undefined
  readonly serverTls: ResolvedServerTls | undefined
}

const CODEC: ScalarField<GrpcCodec, ''> = scalar({
  suffix: '',
  expected: 'an object with the functions encode and decode, as codecOf(…) makes it',
  read: (input) => (isCodec(input) ? input : undefined),
  default: BYTES,
  schema: { not: {} },
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

const TLS: RecordField<NonNullable<ResolvedGrpcOptions['tls']>> = record(
  {
    ca: optional(PEM),
    cert: optional(PEM),
    key: optional(PEM),
    serverName: optional(text({ about: 'The name that certificates must be for' })),
  } satisfies FieldsOf<NonNullable<GrpcOptions['tls']>>,
  { about: 'Encrypted connections to endpoints' },
)

const SERVICE_CONFIG: ScalarField<ServiceConfigPolicies, ''> = scalar({
  suffix: '',
  expected: 'what fromServiceConfig(…) returns',
  read: (input) => {
    const { service, retryableCodes } = (input ?? {}) as Partial<ServiceConfigPolicies>
    const isRead = typeof service === 'string' && typeof retryableCodes === 'function'
    return isRead ? (input as ServiceConfigPolicies) : undefined
  },
  schema: { not: {} },
})

const GIB: number = 1024 ** 3

export const GRPC_OPTIONS: RecordField<ResolvedGrpcOptions> = record({
  codec: CODEC,
  connectTimeout: duration({ default: '1s', min: 1, max: '60s', about: 'Longest wait for a connection' }),
  connectBackoff: record(
    {
      initial: duration({ default: '100ms', min: 1, about: 'First wait after a connection that failed' }),
      max: duration({ default: '10s', about: 'Longest wait, at least initial' }),
    } satisfies FieldsOf<NonNullable<GrpcOptions['connectBackoff']>>,
    { about: 'Waits between connections that fail', notBelow: { max: 'initial' } },
  ),
  keepalive: layer(
    record({
      interval: duration({ default: '5m', min: '1s', about: 'Between two questions on a quiet connection' }),
      timeout: duration({ default: '10s', min: 100, about: 'Longest wait for the answer' }),
    } satisfies FieldsOf<Exclude<NonNullable<GrpcOptions['keepalive']>, boolean>>),
    { default: true },
  ),
  maxAnswerBytes: integer({ default: 4 * 1024 * 1024, min: 0, max: GIB, about: 'Largest message of an answer' }),
  maxRequestBytes: optional(integer({ min: 0, max: GIB, about: 'Largest message of a request' })),
  serviceConfigs: optional(listOf(SERVICE_CONFIG, { about: 'What fromServiceConfig has read' })),
  compression: oneOf(['none', 'gzip', 'deflate'], { default: 'none', about: 'Of the messages of requests' }),
  tls: optional(
    refined(TLS, (tls, at) => {
      if ((tls.cert === undefined) === (tls.key === undefined)) return tls
      throw at.error('cert and key go together; only one of them is given')
    }),
  ),
  serverTls: optional(
    record({ cert: PEM, key: PEM, ca: optional(PEM) } satisfies FieldsOf<NonNullable<GrpcOptions['serverTls']>>, {
      about: 'Encrypted connections from clients',
    }),
  ),
} satisfies FieldsOf<GrpcOptions>)

/** @throws ConfigError naming the option, its value and what is allowed. */
export function resolveGrpcOptions(options: GrpcOptions): ResolvedGrpcOptions {
  return GRPC_OPTIONS.resolve(options, rootPlace('grpc'))
}

function isCodec(input: unknown): input is GrpcCodec {
  const { encode, decode } = (input ?? {}) as { encode?: unknown; decode?: unknown }
  return typeof encode === 'function' && typeof decode === 'function'
}
