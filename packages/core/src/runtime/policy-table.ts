import { filter } from 'rxjs'
import { type Classifier, classify } from '../call/classification.ts'
import { type ResolvedPolicy, resolvePolicy, STANDARD_POLICY } from '../config/policy-options.ts'
import { ConfigError } from '../errors/seakeep-error.ts'
import { optional, refined } from '../options/field.ts'
import { rootPlace } from '../options/place.ts'
import { printed } from '../options/printed.ts'
import { duration, integer } from '../options/quantities.ts'
import { objectOf, record } from '../options/record.ts'
import { byKind, func } from '../options/shapes.ts'
import type { TargetPorts } from '../pipeline/target-ports.ts'
import type { EventStream } from '../telemetry/event-stream.ts'
import type { GovernanceEvent } from '../telemetry/events.ts'
import { GuardingPolicy, type Policy } from './policy.ts'
import type { Fallback, PolicyOptions } from './policy-options.ts'

const MAX_KEYS = integer({ default: 10_000, min: 1 })
const CLASSIFY = optional(func<Classifier>())
const FALLBACK = optional(
  byKind({
    function: refined(func<Fallback>(), (run) => ({ run, timeoutMs: undefined })),
    object: record({ run: func<Fallback>(), timeout: optional(duration()) }),
  }),
)

interface NamedPolicy {
  readonly policy: GuardingPolicy
  /** What it was asked for with: a caller that gives the same again is answered without reading it again. */
  readonly written: string
  /** What that means. Of functions it says only whether they are there: the same line makes a new one each time. */
  readonly content: string
}

/** The named policies of one environment: the same name is the same policy, so that nobody makes state per request. */
export class PolicyTable {
  readonly #ports: TargetPorts
  readonly #events: EventStream
  /** What a policy is of which only the name is given. */
  readonly #standard: ResolvedPolicy
  readonly #byName = new Map<string, NamedPolicy>()

  constructor(ports: TargetPorts, events: EventStream, standard: ResolvedPolicy = BUILT_IN_STANDARD) {
    this.#ports = ports
    this.#events = events
    this.#standard = standard
  }

  /** The policy with these options; of which only the name is given, the `standard` one. */
  policy(given: PolicyOptions | string): Policy {
    const options = optionsOf(given)
    const { name, classify: classifier, fallback, maxKeys, ...layers } = options
    const known = this.#byName.get(name)
    const functions = [typeof classifier, fallback]
    const written = JSON.stringify([typeof given, layers, maxKeys, functions], replaceFunction)
    if (known?.written === written) return known.policy
    const at = rootPlace(name)
    const resolved = typeof given === 'string' ? this.#standard : resolvePolicy(layers, at)
    const parts = {
      maxKeys: MAX_KEYS.resolve(maxKeys, at.at('maxKeys')),
      fallback: FALLBACK.resolve(fallback, at.at('fallback')),
      classifier: CLASSIFY.resolve(classifier, at.at('classify')),
    }
    const content = JSON.stringify([resolved, parts], replaceFunction)
    if (known !== undefined) {
      if (known.content !== content) {
        this.#events.emit({ type: 'policyConflicted', atMs: this.#ports.clock.now(), name })
      }
      return known.policy
    }
    let calls = 0
    const policy = new GuardingPolicy({
      name,
      resolved,
      fallback: parts.fallback,
      maxKeys: parts.maxKeys,
      nextCallNumber: () => {
        calls += 1
        return calls
      },
      ports: { ...this.#ports, classifier: parts.classifier ?? classify },
      events$: this.#events.events$.pipe(filter((event) => concerns(event, name))),
    })
    this.#byName.set(name, { policy, written, content })
    return policy
  }

  /** From here on every policy refuses with `shutting-down`, and none waits for anything. */
  close(): void {
    for (const { policy } of this.#byName.values()) policy.close()
  }
}

const BUILT_IN_STANDARD = resolvePolicy(STANDARD_POLICY)

function optionsOf(given: PolicyOptions | string): PolicyOptions {
  const options = typeof given === 'string' ? { name: given } : objectOf(given)
  if (options === undefined)
    throw new ConfigError('', `${printed(given)} is not allowed; an object with name, or a name`)
  const { name } = options
  if (typeof name === 'string' && name !== '') return options as { readonly name: string }
  throw new ConfigError('name', `${printed(name)} is not allowed; a policy needs a name of its own`)
}

function replaceFunction(_key: string, value: unknown): unknown {
  return typeof value === 'function' ? 'function' : value
}

function concerns(event: GovernanceEvent, name: string): boolean {
  return ('service' in event && event.service === name) || ('name' in event && event.name === name)
}
