import { createBalancer } from '../balancing/balancer-factory.ts'
import { classify } from '../call/classification.ts'
import { systemRandom } from '../random/system-random.ts'
import { EventStream } from '../telemetry/event-stream.ts'
import { processWarnings } from './node-warnings.ts'
import { realClock } from '../time/real-clock.ts'
import type { Policy } from './policy.ts'
import type { PolicyOptions } from './policy-options.ts'
import { PolicyTable } from './policy-table.ts'

/**
 * The environment of `policy()`: the process's real clock and chance, and the one table of names. This is the only state
 * that belongs to a module instead of to a runtime.
 */
let table: PolicyTable | undefined

/**
 * A policy that stands alone, on the process's real clock and chance. The same name again is the same policy; where its
 * options differ, the first ones stay and `policyConflicted` is emitted.
 *
 * @throws ConfigError naming the path, the value and what is allowed.
 */
export function policy(options: PolicyOptions): Policy {
  if (table === undefined) {
    const events = new EventStream(processWarnings())
    const ports = { clock: realClock(), random: systemRandom, events, classifier: classify, createBalancer }
    table = new PolicyTable({ ...ports, transportFor: () => undefined }, events)
  }
  return table.policy(options)
}
