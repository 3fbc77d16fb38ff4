import type { Duration } from '@seakeep/core'
import {
  duration,
  type FieldsOf,
  integer,
  type RecordField,
  record,
  rootPlace,
  type ScalarField,
  scalar,
} from '@seakeep/core/spi'
import { BYTES, type GrpcCodec } from './codec.ts'

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
  /** Largest message of an answer, in bytes. Default 4 MiB as everywhere in gRPC, to 1 GiB. */
  readonly maxAnswerBytes?: number
}

export interface ResolvedGrpcOptions {
  readonly codec: GrpcCodec
  readonly connectTimeoutMs: number
  readonly connectBackoff: { readonly initialMs: number; readonly maxMs: number }
  readonly maxAnswerBytes: number
}

const CODEC: ScalarField<GrpcCodec, ''> = scalar({
  suffix: '',
  expected: 'an object with the functions encode and decode, as codecOf(…) makes it',
  read: (input) => (isCodec(input) ? input : undefined),
  default: BYTES,
  schema: { not: {} },
})

const OPTIONS: RecordField<ResolvedGrpcOptions> = record({
  codec: CODEC,
  connectTimeout: duration({ default: '1s', min: 1, max: '60s', about: 'Longest wait for a connection' }),
  connectBackoff: record(
    {
      initial: duration({ default: '100ms', min: 1, about: 'First wait after a connection that failed' }),
      max: duration({ default: '10s', about: 'Longest wait, at least initial' }),
    } satisfies FieldsOf<NonNullable<GrpcOptions['connectBackoff']>>,
    { about: 'Waits between connections that fail', notBelow: { max: 'initial' } },
  ),
  maxAnswerBytes: integer({ default: 4 * 1024 * 1024, min: 0, max: 1024 ** 3, about: 'Largest message of an answer' }),
} satisfies FieldsOf<GrpcOptions>)

/** @throws ConfigError naming the option, its value and what is allowed. */
export function resolveGrpcOptions(options: GrpcOptions): ResolvedGrpcOptions {
  return OPTIONS.resolve(options, rootPlace('grpc'))
}

function isCodec(input: unknown): input is GrpcCodec {
  const { encode, decode } = (input ?? {}) as { encode?: unknown; decode?: unknown }
  return typeof encode === 'function' && typeof decode === 'function'
}
