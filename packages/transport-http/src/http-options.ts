import type { Duration } from '@seakeep/core'
import {
  bool,
  duration,
  type FieldsOf,
  integer,
  oneOf,
  optional,
  type RecordField,
  record,
  rootPlace,
  text,
} from '@seakeep/core/spi'

export interface HttpOptions {
  /**
   * Longest wait for a connection, with its TLS handshake. Default 1 s, from 1 ms to 60 s: a lost SYN is sent again only
   * after 1 s (RFC 6298), and by then another endpoint is the better try.
   */
  readonly connectTimeout?: Duration
  /** Largest body of an answer that is read as a whole, in bytes. Default 16 MiB, to 1 GiB. Streamed ones have no bound. */
  readonly maxAnswerBytes?: number
  /** Largest head of an answer, in bytes. Default 16 KiB, from 1 KiB to 1 MiB. */
  readonly maxHeadBytes?: number
  /**
   * Connections to one endpoint, from 1. Default: as many as there are requests under way; how many that may be is for
   * the policy's concurrency limit, which refuses, where a bound here would queue unseen.
   */
  readonly connections?: number
  /**
   * HTTP/2. Default: with TLS where the server offers it (ALPN), never without. `true`: without TLS, too, by prior
   * knowledge (h2c); every server must speak it then. `false`: never.
   */
  readonly http2?: boolean
  /** Streams at a time on one HTTP/2 connection, from 1. Default 100; a server may allow fewer. */
  readonly streams?: number
  /** For endpoints whose protocol is `https`, and for `https:` URLs. */
  readonly tls?: TlsOptions
  /** What bodies of `client().call()` are sent as, and asked for first. Default `json`. Both are understood in answers. */
  readonly codec?: 'json' | 'msgpack'
}

/** Certificates and keys in PEM. */
export interface TlsOptions {
  /** Authorities that are trusted. Default: those of Node. */
  readonly ca?: string
  /** This side's own certificate, for servers that ask for one. */
  readonly cert?: string
  readonly key?: string
  /** The name that is asked for and that the server's certificate must hold. Default: the endpoint's host. */
  readonly servername?: string
  /** Whether the server's certificate is checked. Default true. */
  readonly verify?: boolean
}

export interface ResolvedTlsOptions {
  readonly ca: string | undefined
  readonly cert: string | undefined
  readonly key: string | undefined
  readonly servername: string | undefined
  readonly verify: boolean
}

export interface ResolvedHttpOptions {
  readonly connectTimeoutMs: number
  readonly maxAnswerBytes: number
  readonly maxHeadBytes: number
  readonly connections: number | undefined
  readonly http2: boolean | undefined
  readonly streams: number
  readonly tls: ResolvedTlsOptions
  readonly codec: 'json' | 'msgpack'
}

const TLS: RecordField<ResolvedTlsOptions> = record({
  ca: optional(text({ about: 'Authorities that are trusted, in PEM' })),
  cert: optional(text({ about: 'The certificate of this side, in PEM' })),
  key: optional(text({ about: 'Its key, in PEM' })),
  servername: optional(text({ about: 'The name a server must prove to have' })),
  verify: bool({ default: true, about: 'Whether the certificate of a server is checked' }),
} satisfies FieldsOf<TlsOptions>)

export const HTTP_OPTIONS: RecordField<ResolvedHttpOptions> = record({
  connectTimeout: duration({ default: '1s', min: 1, max: '60s', about: 'Longest wait for a connection' }),
  maxAnswerBytes: integer({
    default: 16 * 1024 * 1024,
    min: 0,
    max: 1024 ** 3,
    about: 'Largest answer read as a whole',
  }),
  maxHeadBytes: integer({ default: 16 * 1024, min: 1024, max: 1024 ** 2, about: 'Largest head of an answer' }),
  connections: optional(integer({ min: 1, max: 1_000_000, about: 'Connections to one endpoint' })),
  http2: optional(bool({ about: 'HTTP/2: with TLS by default' })),
  streams: integer({ default: 100, min: 1, max: 1_000_000, about: 'Streams on one HTTP/2 connection' }),
  tls: TLS,
  codec: oneOf(['json', 'msgpack'], { default: 'json', about: 'What bodies are sent as' }),
} satisfies FieldsOf<HttpOptions>)

/** @throws ConfigError naming the option, its value and what is allowed. */
export function resolveHttpOptions(options: HttpOptions): ResolvedHttpOptions {
  return HTTP_OPTIONS.resolve(options, rootPlace('http'))
}
