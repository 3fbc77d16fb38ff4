import { filter } from 'rxjs'
import { type Classifier, classify } from '../call/classification.ts'
import { type ResolvedPolicy, resolvePolicy, STANDARD_POLICY } from '../config/policy-options.ts'
import { ConfigError } from '../errors/seakeep-error.ts'
import { listOf } from '../options/collections.ts'
import { optional, refined } from '../options/field.ts'
import { rootPlace } from '../options/place.ts'
import { printed } from '../options/printed.ts'
import { duration, integer } from '../options/quantities.ts'
import { objectOf, record } from '../options/record.ts'
import { byKind, func } from '../options/shapes.ts'
import type { TargetPorts } from '../pipeline/target-ports.ts'
import type { EventStream } from '../telemetry/event-stream.ts'
import type { GovernanceEvent } from '../telemetry/events.ts'
import type { FallbackStep } from './fallback.ts'
import { GuardingPolicy, type PolicyContent, type PolicyEdge } from './guarding-policy.ts'
import type { Policy } from './policy.ts'
import type { Fallback, PolicyOptions } from './policy-options.ts'

const MAX_KEYS = integer({ default: 10_000, min: 1 })
const CLASSIFY = optional(func<Classifier>())
const STEP = {
  function: refined(func<Fallback>(), (run): FallbackStep => ({ run, timeoutMs: undefined })),
  object: record({ run: func<Fallback>(), timeout: optional(duration()) }),
}
const one = (step: FallbackStep): readonly FallbackStep[] => [step]
const FALLBACKS = optional(
  byKind({
    function: refined(STEP.function, one),
    object: refined(STEP.object, one),
    list: listOf(byKind(STEP), { min: 1 }),
  }),
)

interface NamedPolicy {
  readonly policy: GuardingPolicy
  /** What it was asked for with: a caller that gives the same again is answered without reading it again. */
  written: string
  /** What that means. Of functions it says only whether they are there: the same line makes a new one each time. */
  meaning: string
}

/** The named policies of one environment: the same name is the same policy, so that nobody makes state per request. */
export class PolicyTable {
  readonly #ports: TargetPorts
  readonly #events: EventStream
  readonly #edge: PolicyEdge
  /** What a policy is of which only the name is given. */
  #standard: ResolvedPolicy
  readonly #byName = new Map<string, NamedPolicy>()
  #isClosed = false

  constructor(
    ports: TargetPorts,
    events: EventStream,
    standard: ResolvedPolicy = BUILT_IN_STANDARD,
    edge: PolicyEdge = {},
  ) {
    this.#ports = ports
    this.#edge = edge
    this.#events = events
    this.#standard = standard
  }

  /** The policy with these options; of which only the name is given, the `standard` one. */
  policy(given: PolicyOptions | string): Policy {
    const { name, ...options } = optionsOf(given)
    const known = this.#byName.get(name)
    const written = textOf([typeof given, options])
    if (known?.written === written) return known.policy
    const content = contentOf(options, name, typeof given === 'string' ? this.#standard : undefined)
    if (known === undefined) return this.#add(name, content, written)
    if (known.meaning !== meaningOf(content)) {
      this.#events.emit({ type: 'policyConflicted', atMs: this.#ports.clock.now(), name })
    }
    return known.policy
  }

  /** Policies of which only the name was given are this one from the next call on; what was learnt stays. */
  useStandard(standard: ResolvedPolicy = BUILT_IN_STANDARD): void {
    if (textOf(standard) === textOf(this.#standard)) return
    this.#standard = standard
    for (const { policy, written } of this.#byName.values()) if (written === NAME_ALONE) policy.update(STANDARD)
  }

  #add(name: string, content: PolicyContent, written: string): Policy {
    let calls = 0
    const policy = new GuardingPolicy({
      name,
      content,
      reread: (options) => this.#reread(name, options),
      nextCallNumber: () => {
        calls += 1
        return calls
      },
      ports: this.#ports,
      edge: this.#edge,
      events$: this.#events.events$.pipe(filter((event) => concerns(event, name))),
    })
    this.#byName.set(name, { policy, written, meaning: meaningOf(content) })
    if (this.#isClosed) policy.close()
    return policy
  }

  /** The name means something else from here on. */
  #reread(name: string, options: Omit<PolicyOptions, 'name'>): PolicyContent {
    const isStandard = options === STANDARD
    const content = contentOf(options, name, isStandard ? this.#standard : undefined)
    const known = this.#byName.get(name)
    if (known !== undefined) {
      known.written = isStandard ? NAME_ALONE : textOf(['object', options])
      known.meaning = meaningOf(content)
    }
    this.#events.emit({ type: 'policyApplied', atMs: this.#ports.clock.now(), name })
    return content
  }

  /** From here on every policy refuses with `shutting-down`, those that are made later too. */
  close(): void {
    this.#isClosed = true
    for (const { policy } of this.#byName.values()) policy.close()
  }
}

const BUILT_IN_STANDARD = resolvePolicy(STANDARD_POLICY)
/** Stands for the policy of which only the name is given, where options are read again. */
const STANDARD: Omit<PolicyOptions, 'name'> = Object.freeze({})
const NAME_ALONE = textOf(['string', {}])

/** `standard` is the policy where no layer is given at all. */
function contentOf(options: Omit<PolicyOptions, 'name'>, name: string, standard?: ResolvedPolicy): PolicyContent {
  const { classify: classifier, fallback, maxKeys, ...layers } = options
  const at = rootPlace(name)
  return {
    resolved: standard ?? resolvePolicy(layers, at),
    maxKeys: MAX_KEYS.resolve(maxKeys, at.at('maxKeys')),
    fallbacks: FALLBACKS.resolve(fallback, at.at('fallback')),
    classifier: CLASSIFY.resolve(classifier, at.at('classify')) ?? classify,
  }
}

function optionsOf(given: PolicyOptions | string): PolicyOptions {
  const options = typeof given === 'string' ? { name: given } : objectOf(given)
  if (options === undefined)
    throw new ConfigError('', `${printed(given)} is not allowed; an object with name, or a name`)
  const { name } = options
  if (typeof name === 'string' && name !== '') return options as { readonly name: string }
  throw new ConfigError('name', `${printed(name)} is not allowed; a policy needs a name of its own`)
}

function meaningOf(content: PolicyContent): string {
  return textOf([content, content.classifier === classify])
}

function textOf(value: unknown): string {
  return JSON.stringify(value, replaceFunction)
}

function replaceFunction(_key: string, value: unknown): unknown {
  return typeof value === 'function' ? 'function' : value
}

function concerns(event: GovernanceEvent, name: string): boolean {
  return ('service' in event && event.service === name) || ('name' in event && event.name === name)
}
