import type { Attempt, CallRequest, StartOptions } from '../call/call.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import { Deadline } from '../time/deadline.ts'
import type { EndpointRow } from './endpoint-row.ts'
import type { ExecuteContext } from './execute-context.ts'
import type { Route } from './route.ts'

/** What is shown of an attempt. */
export interface CarriedAttempt {
  readonly call: { readonly request: CallRequest; readonly options: StartOptions }
  readonly route: Route
  readonly row: EndpointRow | undefined
  readonly number: number
  readonly key: number
  readonly dueMs: number
  readonly priority: string | undefined
  readonly signal: AbortSignal
}

/**
 * An attempt as those see it who carry it out: a transport, and the function that a policy guards. They can read of it
 * what concerns them, and move nothing.
 */
export class SentAttempt implements Attempt, ExecuteContext {
  readonly #attempt: CarriedAttempt

  constructor(attempt: CarriedAttempt) {
    this.#attempt = attempt
  }

  get service(): string {
    return this.#attempt.route.service
  }
  get endpoint(): Endpoint | undefined {
    return this.#attempt.row?.endpoint
  }
  get request(): CallRequest {
    return this.#attempt.call.request
  }
  get number(): number {
    return this.#attempt.number
  }
  get key(): number {
    return this.#attempt.key
  }
  get deadlineMs(): number {
    return this.#attempt.dueMs
  }
  get callerDeadlineMs(): number | undefined {
    return this.#attempt.call.options.deadlineMs
  }
  get priority(): string | undefined {
    return this.#attempt.priority
  }
  get idempotent(): boolean {
    return this.#attempt.call.options.idempotent !== false
  }
  get caller(): string | undefined {
    return this.#attempt.route.caller
  }
  get signal(): AbortSignal {
    return this.#attempt.signal
  }

  // ---- ExecuteContext ----

  get attempt(): number {
    return this.#attempt.number
  }
  get deadline(): Deadline {
    return new Deadline(this.#attempt.route.clock, this.#attempt.dueMs)
  }
}
