import type { CallRequest } from '../call/call.ts'
import type { Deadline } from '../time/deadline.ts'

/** What a guarded function is given. */
export interface ExecuteContext {
  /** Aborted when the attempt is called off. Made only when read: an AbortController costs more than the rest. */
  readonly signal: AbortSignal
  /** Which attempt this is, from 1. */
  readonly attempt: number
  /** When this attempt ends at the latest. */
  readonly deadline: Deadline
}

export type Guarded<T> = (context: ExecuteContext) => T | PromiseLike<T>

/** The payload of a call that guards a function is the function. */
export type GuardedRequest<T> = CallRequest & Guarded<T>
