import { createBalancer } from '../balancing/balancer-factory.ts'
import { classify } from '../call/classification.ts'
import { systemRandom } from '../random/system-random.ts'
import { requestScope } from '../serving/node-request-scope.ts'
import { EventStream } from '../telemetry/event-stream.ts'
import { realClock } from '../time/real-clock.ts'
import { DelegatingPolicy } from './delegating-policy.ts'
import { processWarnings } from './node-warnings.ts'
import type { Policy } from './policy.ts'
import type { PolicyOptions } from './policy-options.ts'
import { PolicyTable } from './policy-table.ts'

/**
 * The environment of `policy()`: the process's real clock and chance, and the one table of names. This is the only state
 * that belongs to a module instead of to a runtime. While a simulation runs, its place is taken.
 */
let table: PolicyTable | undefined
let simulated: PolicyEnvironment | undefined
/** What `policy()` has handed out for each policy of the table. */
const ambient = new WeakMap<Policy, Policy>()

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
    // With each use: what was made in module scope may be used in a handler of a simulation.
    known = new DelegatingPolicy(own.name, () => (simulated === undefined ? own : simulated(options)))
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
    table = new PolicyTable({ ...ports, transportFor: () => undefined }, events, undefined, { requests: requestScope })
  }
  return table
}
