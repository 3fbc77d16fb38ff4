import type { Duration } from '@seakeep/core'
import { duration, type FieldsOf, integer, optional, type RecordField, record, rootPlace } from '@seakeep/core/spi'

export interface HttpOptions {
  /**
   * Longest wait for a connection. Default 1 s, from 1 ms to 60 s: a lost SYN is sent again only after 1 s (RFC 6298), and
   * by then another endpoint is the better try.
   */
  readonly connectTimeout?: Duration
  /** Largest body of an answer that is read as a whole, in bytes. Default 16 MiB, to 1 GiB. Streamed ones have no bound. */
  readonly maxAnswerBytes?: number
  /**
   * Connections to one endpoint, from 1. Default: as many as there are requests under way; how many that may be is for
   * the policy's concurrency limit, which refuses, where a bound here would queue unseen.
   */
  readonly connections?: number
}

export interface ResolvedHttpOptions {
  readonly connectTimeoutMs: number
  readonly maxAnswerBytes: number
  readonly connections: number | undefined
}

const OPTIONS: RecordField<ResolvedHttpOptions> = record({
  connectTimeout: duration({ default: '1s', min: 1, max: '60s', about: 'Longest wait for a connection' }),
  maxAnswerBytes: integer({
    default: 16 * 1024 * 1024,
    min: 0,
    max: 1024 ** 3,
    about: 'Largest answer read as a whole',
  }),
  connections: optional(integer({ min: 1, max: 1_000_000, about: 'Connections to one endpoint' })),
} satisfies FieldsOf<HttpOptions>)

/** @throws ConfigError naming the option, its value and what is allowed. */
export function resolveHttpOptions(options: HttpOptions): ResolvedHttpOptions {
  return OPTIONS.resolve(options, rootPlace('http'))
}
