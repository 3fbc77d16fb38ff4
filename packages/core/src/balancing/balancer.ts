import type { Random } from '../random/random.ts'

/** What a balancer knows and keeps of an endpoint: its slot in the pipeline's row. */
export interface Load {
  /** Attempts sent and not settled. */
  inFlight: number
  /** Peak-EWMA latency in milliseconds; negative until the first answer. */
  costMs: number
  /** When `costMs` was brought up to date last. */
  costAtMs: number
  /** Until when the endpoint counts as one whose latest answer was a failure. */
  failedUntilMs: number
}

/** The fields of a row which a picker reads. Anyone who decides about an endpoint may write the first two. */
export interface Pickable {
  /** False while ejected, draining or behind an open circuit. */
  eligible: boolean
  /** Relative share, at least 0. */
  weight: number
  readonly load: Load
}

/** What is known of the attempt that is to be placed. */
export interface PickContext<Row> {
  readonly nowMs: number
  /** Names the attempt to {@link Random}. */
  readonly key: number
  /** The endpoint of the attempt before: another one is taken while there is one. */
  readonly avoid: Row | undefined
}

/**
 * Immutable choice over one snapshot: answers at once, is replaced when the snapshot changes, never edited (gRPC's
 * Picker). Takes eligible rows; where none is eligible, any row, so that a wrong judgement of health cannot take a
 * whole service away. Undefined only where there is no row.
 */
export interface Picker<Row extends Pickable> {
  pick(context: PickContext<Row>): Row | undefined
}

/** One per target: makes a picker from the rows of a snapshot, and is told how attempts went. */
export interface Balancer {
  readonly algorithm: string
  picker<Row extends Pickable>(rows: readonly Row[]): Picker<Row>
  /** An attempt was sent. */
  onSend(load: Load, nowMs: number): void
  /** The head of an answer came: `latencyMs` after it was sent. */
  onAnswer(load: Load, latencyMs: number, nowMs: number): void
  /** It has ended; `isFailure` covers a 429 or 503 too, with the server's wish, if any. */
  onEnd(load: Load, isFailure: boolean, retryAfterMs: number | undefined, nowMs: number): void
}

/** How a runtime is given a balancer of one's own: a factory over ports. */
export type BalancerFactory = (algorithm: string, random: Random, service: string) => Balancer
