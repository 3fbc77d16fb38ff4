import type { Random } from '../random/random.ts'
import type { ResolvedBalancingOptions } from './balancing-options.ts'

/** What a balancer knows and keeps of an endpoint: its slot in the pipeline's row, made by `createLoad`. */
export interface Load {
  /** Attempts sent and not settled. */
  inFlight: number
  /** Peak-EWMA latency in milliseconds; negative until the first answer. */
  costMs: number
  /** When `costMs` was brought up to date last. */
  costAtMs: number
  /** Until when the endpoint counts as one whose latest answer was a failure. */
  failedUntilMs: number
  /** When its next turn is due, in the virtual time of weighted turns; negative until it has one. */
  turn: number
}

/** The fields of a row which a picker reads. The selection decides about `eligible` and `weight`; pickers obey. */
export interface Pickable {
  /** Unique among the endpoints of the service: what hashing goes by. */
  readonly id: string
  /** True for those that were chosen to be picked from. */
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
  /** Hash of the call's routing key as a signed 32-bit integer; only for a balancer that {@link Balancer.usesKey}. */
  readonly keyHash?: number | undefined
}

/**
 * Immutable choice over one snapshot: answers at once, is replaced when the snapshot or a judgement changes, never
 * edited (gRPC's Picker). Takes eligible rows; where none is eligible, any row, so that a wrong judgement of health
 * cannot take a whole service away. Undefined only where there is no row.
 */
export interface Picker<Row extends Pickable> {
  pick(context: PickContext<Row>): Row | undefined
}

/** One per target: makes pickers, and is told how attempts went. */
export interface Balancer {
  readonly algorithm: string
  /** True where the routing key of a call decides, so that its hash is worth its price. */
  readonly usesKey?: boolean
  /**
   * A picker of `rows`. They are those of `members` that may be picked now: an algorithm whose choice should outlive a
   * change of health builds on `members` and reads `eligible` as it picks. `previous` is the picker that this one
   * replaces, to go on where it stood.
   */
  picker<Row extends Pickable>(
    rows: readonly Row[],
    members?: readonly Row[],
    previous?: Picker<Row> | undefined,
  ): Picker<Row>
  /** An attempt was sent. */
  onSend(load: Load, nowMs: number): void
  /** The head of an answer came: `latencyMs` after it was sent. */
  onAnswer(load: Load, latencyMs: number, nowMs: number): void
  /** It has ended; `isFailure` covers a 429 or 503 too, with the server's wish, if any. */
  onEnd(load: Load, isFailure: boolean, retryAfterMs: number | undefined, nowMs: number): void
}

/**
 * How a runtime is given a balancer of one's own: asked once for each target, with the algorithm its policy names, chance,
 * and the policy's whole layer. Undefined leaves that target to the built-in one of the name.
 */
export type BalancerFactory = (
  algorithm: string,
  random: Random,
  service: string,
  options?: ResolvedBalancingOptions,
) => Balancer | undefined
