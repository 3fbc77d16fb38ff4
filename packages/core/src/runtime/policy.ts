import type { Observable } from 'rxjs'
import type { CircuitState } from '../breaking/circuit-breaker.ts'
import type { Guarded } from '../pipeline/execute-context.ts'
import type { StateCell } from '../state/state-cell.ts'
import type { GovernanceEvent } from '../telemetry/events.ts'
import type { ShadowCounts } from '../telemetry/shadow-tally.ts'
import type { ExecuteOptions, PolicyOptions } from './policy-options.ts'

/** What a policy shows of itself. Numbers are read live. */
export interface PolicyState {
  /** `closed` where the policy has no breaker. */
  readonly breaker: CircuitState
  /** The concurrency limit; `Infinity` where there is none. */
  readonly limit: number
  readonly inFlight: number
  readonly queued: number
}

/** A policy, ready to guard functions. */
export interface Policy {
  readonly name: string
  /** Runs `run` under the policy; resolves to its value, or to the fallback's. */
  execute<T>(run: Guarded<T>, options?: ExecuteOptions): Promise<T>
  /** The same function, guarded: each call of it is one `execute`. */
  wrap<This, A extends readonly unknown[], T>(
    run: (this: This, ...args: A) => T | PromiseLike<T>,
  ): (this: This, ...args: A) => Promise<T>
  /** The state kept apart for a key: looked up with each use, so that one which was forgotten meanwhile begins anew. */
  for(key: string): Policy
  /**
   * Other options from the next call on, for all keys. What was learnt stays: windows, tokens, a circuit that is open.
   * Throws a ConfigError, and changes nothing, where they cannot be used.
   */
  update(options: Omit<PolicyOptions, 'name'>): void
  /** Holds the circuit open by hand until {@link release}. Throws a ConfigError where the policy has no breaker. */
  isolate(): void
  /** Closes an isolated circuit, with nothing remembered. */
  release(): void
  readonly state: StateCell<PolicyState>
  /** What layers in `mode: shadow` would have done so far, by what it is. */
  readonly shadow: StateCell<ShadowCounts>
  readonly events$: Observable<GovernanceEvent>
  /** The fixed order of the layers. */
  describe(): string
}

/** `run` under `policy`. What it is called on stays what it is called on, so that a method may be wrapped in place. */
export function wrapped<This, A extends readonly unknown[], T>(
  policy: Pick<Policy, 'execute'>,
  run: (this: This, ...args: A) => T | PromiseLike<T>,
): (this: This, ...args: A) => Promise<T> {
  return function (this: This, ...args: A) {
    return policy.execute(() => run.call(this, ...args))
  }
}
