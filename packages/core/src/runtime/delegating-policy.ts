import type { Observable } from 'rxjs'
import type { Guarded } from '../pipeline/execute-context.ts'
import type { StateCell } from '../state/state-cell.ts'
import type { GovernanceEvent } from '../telemetry/events.ts'
import type { ShadowCounts } from '../telemetry/shadow-tally.ts'
import { type Policy, type PolicyState, wrapped } from './policy.ts'
import type { ExecuteOptions, PolicyOptions } from './policy-options.ts'

/** A policy that is looked up with each use: what is kept of it is no state, but the way to one. */
export class DelegatingPolicy implements Policy {
  readonly name: string
  readonly #lookUp: () => Policy

  /** `lookUp` may throw where the policy must not be used. */
  constructor(name: string, lookUp: () => Policy) {
    this.name = name
    this.#lookUp = lookUp
  }

  execute<T>(run: Guarded<T>, options?: ExecuteOptions): Promise<T> {
    let policy: Policy
    try {
      policy = this.#lookUp()
    } catch (error) {
      return Promise.reject(error)
    }
    return policy.execute(run, options)
  }
  wrap<This, A extends readonly unknown[], T>(
    run: (this: This, ...args: A) => T | PromiseLike<T>,
  ): (this: This, ...args: A) => Promise<T> {
    return wrapped(this, run)
  }
  for(key: string): Policy {
    return new DelegatingPolicy(this.name, () => this.#lookUp().for(key))
  }
  update(options: Omit<PolicyOptions, 'name'>): void {
    this.#lookUp().update(options)
  }
  isolate(): void {
    this.#lookUp().isolate()
  }
  release(): void {
    this.#lookUp().release()
  }
  get state(): StateCell<PolicyState> {
    return this.#lookUp().state
  }
  get shadow(): StateCell<ShadowCounts> {
    return this.#lookUp().shadow
  }
  get events$(): Observable<GovernanceEvent> {
    return this.#lookUp().events$
  }
  describe(): string {
    return this.#lookUp().describe()
  }
}
