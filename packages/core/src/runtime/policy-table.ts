import { filter } from 'rxjs'
import { classify } from '../call/classification.ts'
import { resolvePolicy } from '../config/policy-options.ts'
import { ConfigError } from '../errors/seakeep-error.ts'
import { parseDuration } from '../options/parse-duration.ts'
import type { TargetPorts } from '../pipeline/target-ports.ts'
import type { EventStream } from '../telemetry/event-stream.ts'
import type { GovernanceEvent } from '../telemetry/events.ts'
import { GuardingPolicy, type Policy } from './policy.ts'
import type { PolicyOptions } from './policy-options.ts'

const DEFAULT_MAX_KEYS = 10_000

/** The named policies of one environment: the same name is the same policy, so that nobody makes state per request. */
export class PolicyTable {
  readonly #ports: TargetPorts
  readonly #events: EventStream
  readonly #byName = new Map<string, { readonly policy: Policy; readonly options: string }>()

  constructor(ports: TargetPorts, events: EventStream) {
    this.#ports = ports
    this.#events = events
  }

  policy(options: PolicyOptions): Policy {
    const { name, classify: classifier = classify, fallback, maxKeys = DEFAULT_MAX_KEYS, ...layers } = options
    if (typeof name !== 'string' || name === '') {
      throw new ConfigError('name', `${JSON.stringify(name)} is not allowed; a policy needs a name of its own`)
    }
    const known = this.#byName.get(name)
    const written = JSON.stringify(layers)
    if (known !== undefined) {
      if (known.options !== written) {
        this.#events.emit({ type: 'policyConflicted', atMs: this.#ports.clock.now(), name })
      }
      return known.policy
    }
    if (!Number.isInteger(maxKeys) || maxKeys < 1) {
      throw new ConfigError('maxKeys', `${String(maxKeys)} is not allowed; an integer of at least 1`)
    }
    const policy = new GuardingPolicy({
      name,
      resolved: resolvePolicy(layers, name),
      fallback: fallback === undefined ? undefined : resolveFallback(fallback),
      maxKeys,
      ports: { ...this.#ports, classifier },
      events$: this.#events.events$.pipe(filter((event) => concerns(event, name))),
    })
    this.#byName.set(name, { policy, options: written })
    return policy
  }
}

function resolveFallback(fallback: NonNullable<PolicyOptions['fallback']>): {
  run: (context: { readonly error: unknown }) => unknown
  timeoutMs: number | undefined
} {
  if (typeof fallback === 'function') return { run: fallback, timeoutMs: undefined }
  const { run, timeout } = fallback
  return { run, timeoutMs: timeout === undefined ? undefined : parseDuration(timeout, 'fallback.timeout') }
}

function concerns(event: GovernanceEvent, name: string): boolean {
  return ('service' in event && event.service === name) || ('name' in event && event.name === name)
}
