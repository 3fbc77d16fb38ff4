import type { Endpoint } from '../endpoint/endpoint.ts'

/** What the user asked: the payload of a call. `method` is `POST /charges` or `pkg.Service/Method`. */
export interface CallRequest {
  readonly method?: string | undefined
  readonly query?: Readonly<Record<string, string>> | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: unknown
}

/** How a call is to be governed, beyond its policy. All fields are optional; the pipeline reads, never writes it. */
export interface StartOptions {
  /** The caller's deadline as an instant of the runtime's clock. Of it and the policy's timeout the earlier counts. */
  readonly deadlineMs?: number | undefined
  /** Routing and rate-limit key. */
  readonly key?: string | undefined
  readonly priority?: string | undefined
  /** Only endpoints of this version, while it has one. Default: as the policy routes it. */
  readonly version?: string | undefined
  /** False: only what surely was not sent is tried again. Default true. */
  readonly idempotent?: boolean | undefined
  /** The key that names this call to {@link Random}; by default one is drawn. */
  readonly callKey?: number | undefined
  /** Under which an answer is cached, for what is no request: a guarded function. */
  readonly cacheKey?: string | undefined
  /** Under which equal calls share an answer, for what is no request. */
  readonly coalesceKey?: string | undefined
  /** Which attempt of its own caller this call serves; above 1, this call is not retried again (chain-stop). */
  readonly parentAttempt?: number | undefined
  /** Explained whatever is drawn, where the runtime explains at all. */
  readonly explain?: boolean | undefined
}

/** Why a call or an attempt that is under way is called off. */
export type CancelReason = 'cancelled' | 'timeout'

/** Calls off what was started. After the end it does nothing. */
export type Cancel = (reason?: CancelReason) => void

/** One try at one endpoint, as a transport sees it. */
export interface Attempt {
  readonly service: string
  /** Undefined where a policy guards a plain function. */
  readonly endpoint: Endpoint | undefined
  readonly request: CallRequest
  /** From 1. */
  readonly number: number
  /** Names this attempt to {@link Random}: a function of the call's key and the attempt's number. */
  readonly key: number
  /** The instant at which this attempt is called off: its own timeout or the call's deadline; `Infinity` for none. */
  readonly deadlineMs: number
  /**
   * By when the caller wants all of the answer, a streamed one to its last byte: the attempt's own timeout ends with the
   * head. Absent or `Infinity` for none.
   */
  readonly callerDeadlineMs?: number | undefined
  readonly priority: string | undefined
  readonly idempotent: boolean
  /** The service it is sent for: whose part of a busy server it counts against. */
  readonly caller?: string | undefined
  /** Aborted when the attempt is called off, beside the cancel of its sending. Made when it is read first. */
  readonly signal?: AbortSignal
  /** True for a health check: it is nobody's call. */
  readonly isProbe?: boolean
}

/**
 * Told how an attempt goes, in two steps. *Committed*: the head of the answer is there; the caller has it, nothing is
 * retried after it. *Settled*: it has ended, exactly once; permits are freed and everyone who counts is told. A unary
 * answer is settled with its value and needs no commit. Both may be called before `send` returns; what comes after the
 * settling or after a cancel is dropped.
 */
export interface AttemptSink<Result> {
  commit(answer: unknown): void
  settle(result: Result): void
}
