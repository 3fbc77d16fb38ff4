import type { Observable } from 'rxjs'
import { createBalancer } from '../balancing/balancer-factory.ts'
import { classify } from '../call/classification.ts'
import type { Guarded } from '../pipeline/function-transport.ts'
import { systemRandom } from '../random/system-random.ts'
import type { StateCell } from '../state/state-cell.ts'
import { EventStream } from '../telemetry/event-stream.ts'
import type { GovernanceEvent } from '../telemetry/events.ts'
import { realClock } from '../time/real-clock.ts'
import { processWarnings } from './node-warnings.ts'
import { type Policy, type PolicyState, wrapped } from './policy.ts'
import type { ExecuteOptions, PolicyOptions } from './policy-options.ts'
import { PolicyTable } from './policy-table.ts'

/**
 * The environment of `policy()`: the process's real clock and chance, and the one table of names. This is the only state
 * that belongs to a module instead of to a runtime. While a simulation runs, its place is taken.
 */
let table: PolicyTable | undefined
let simulated: PolicyEnvironment | undefined
/** What `policy()` has handed out for each policy of the table. */
const ambient = new WeakMap<Policy, AmbientPolicy>()

/** Finds the policy that stands for a declaration where the caller is, or throws where it must not be used. */
export type PolicyEnvironment = (options: PolicyOptions | string) => Policy

/**
 * A policy that stands alone, on the process's real clock and chance. The same name again is the same policy; where its
 * options differ, the first ones stay and `policyConflicted` is emitted. Inside a simulation it is the policy of the
 * instance whose handler uses it, on virtual time: two instances never share its state. A name alone is the built-in
 * policy `standard`: retries with their budget, and a circuit breaker.
 *
 * @throws ConfigError naming the path, the value and what is allowed.
 */
export function policy(options: PolicyOptions | string): Policy {
  const own = processTable().policy(options)
  let known = ambient.get(own)
  if (known === undefined) {
    known = new AmbientPolicy(options, own)
    ambient.set(own, known)
  }
  return known
}

/** For the simulator: takes the environment's place until the handle is disposed of. */
export function replaceEnvironment(environment: PolicyEnvironment): Disposable {
  const before = simulated
  simulated = environment
  return {
    [Symbol.dispose]: () => {
      simulated = before
    },
  }
}

function processTable(): PolicyTable {
  if (table === undefined) {
    const events = new EventStream(processWarnings())
    const ports = { clock: realClock(), random: systemRandom, events, classifier: classify, createBalancer }
    table = new PolicyTable({ ...ports, transportFor: () => undefined }, events)
  }
  return table
}

/** Looks up with each use whose policy it is: what was made in module scope may be used in a handler. */
class AmbientPolicy implements Policy {
  readonly name: string
  readonly #options: PolicyOptions | string
  readonly #own: Policy
  /** The keys it was narrowed to, by `for`. */
  readonly #keys: readonly string[]

  constructor(options: PolicyOptions | string, own: Policy, keys: readonly string[] = []) {
    this.name = own.name
    this.#options = options
    this.#own = own
    this.#keys = keys
  }

  get #here(): Policy {
    let policy = simulated === undefined ? this.#own : simulated(this.#options)
    for (const key of this.#keys) policy = policy.for(key)
    return policy
  }

  execute<T>(run: Guarded<T>, options?: ExecuteOptions): Promise<T> {
    let policy: Policy
    try {
      policy = this.#here
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
    return new AmbientPolicy(this.#options, this.#own, [...this.#keys, key])
  }
  update(options: Omit<PolicyOptions, 'name'>): void {
    this.#here.update(options)
  }
  isolate(): void {
    this.#here.isolate()
  }
  release(): void {
    this.#here.release()
  }
  get state(): StateCell<PolicyState> {
    return this.#here.state
  }
  get events$(): Observable<GovernanceEvent> {
    return this.#here.events$
  }
  describe(): string {
    return this.#own.describe()
  }
}
