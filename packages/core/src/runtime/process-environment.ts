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
import type { Policy, PolicyState } from './policy.ts'
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
export type PolicyEnvironment = (options: PolicyOptions) => Policy

/**
 * A policy that stands alone, on the process's real clock and chance. The same name again is the same policy; where its
 * options differ, the first ones stay and `policyConflicted` is emitted. Inside a simulation it is the policy of the
 * instance whose handler uses it, on virtual time: two instances never share its state.
 *
 * @throws ConfigError naming the path, the value and what is allowed.
 */
export function policy(options: PolicyOptions): Policy {
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

class AmbientPolicy implements Policy {
  readonly name: string
  readonly #options: PolicyOptions
  readonly #own: Policy

  constructor(options: PolicyOptions, own: Policy) {
    this.name = options.name
    this.#options = options
    this.#own = own
  }

  get #here(): Policy {
    return simulated === undefined ? this.#own : simulated(this.#options)
  }

  execute<T>(run: Guarded<T>, options?: ExecuteOptions): Promise<T> {
    return this.#here.execute(run, options)
  }
  wrap<A extends readonly unknown[], T>(run: (...args: A) => T | PromiseLike<T>): (...args: A) => Promise<T> {
    return (...args) => this.execute(() => run(...args))
  }
  for(key: string): Policy {
    return this.#here.for(key)
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
