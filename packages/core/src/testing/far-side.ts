import type { Cancel } from '../call/call.ts'

/**
 * The other end of an attempt, in words every protocol has: what a test's server sees of a request and does about it.
 * The in-memory transport hands it out as it is; the harness of a real transport puts it over its own server.
 */
export interface FarSide {
  readonly request: ReceivedRequest
  /** The whole answer at once. A string goes as text, anything else as the protocol's structured form. */
  answer(status: number, body?: unknown, headers?: Readonly<Record<string, string>>): void
  /** The head of an answer whose body follows in pieces. */
  begin(status: number, headers?: Readonly<Record<string, string>>): void
  write(piece: string): void
  end(): void
  /** Breaks the connection off. */
  reset(): void
  /** Tells when the caller has called the attempt off, or its connection is gone, before the answer had ended. */
  onGone(told: () => void): void
}

export interface ReceivedRequest {
  readonly method: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
  /** What was left until the deadline when it was sent; undefined where it has none or the protocol does not say. */
  readonly timeoutMs: number | undefined
  readonly attempt: number
  readonly priority: string | undefined
}

export type FarHandler = (exchange: FarSide) => void

/** For what cannot be called off any more. */
export const NOTHING_TO_CANCEL: Cancel = () => {}
