import type { Answer, CallRequest, Clock, Deadline, Policy, PolicyOptions, Random, Runtime } from '@seakeep/core'

/** What a real handler is given: everything it may wait for, ask or draw, on virtual time. */
export interface AppContext {
  client(service: string): { call(request: CallRequest): Promise<Answer> }
  policy(options: PolicyOptions): Policy
  /** Holds a worker's time: resolves after that much virtual time, or longer where workers are shared. */
  work(duration: unknown): Promise<void>
  readonly clock: Clock
  readonly random: Random
  /** Aborted where the caller has given up, if the service says `onCancel: 'abort'`. */
  readonly signal: AbortSignal
  readonly deadline: Deadline
  readonly runtime: Runtime
}

/** A service's real code. What it resolves to is the body of the answer, or the answer itself where it has a numeric `status`; `fail(reason)` answers with an error. */
export type AppHandler = (request: CallRequest, context: AppContext) => Promise<unknown> | unknown
