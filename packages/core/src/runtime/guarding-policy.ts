import { map, merge, type Observable } from 'rxjs'
import type { CircuitBreaker } from '../breaking/breaker.ts'
import type { StartOptions } from '../call/call.ts'
import type { CallSink } from '../call/call-sink.ts'
import type { Classifier } from '../call/classification.ts'
import type { ResolvedPolicy } from '../config/policy-options.ts'
import { ConfigError } from '../errors/seakeep-error.ts'
import { parseDuration } from '../options/parse-duration.ts'
import type { Guarded, GuardedRequest } from '../pipeline/execute-context.ts'
import { FunctionTransport } from '../pipeline/function-transport.ts'
import { cancelOf, type StartedCall } from '../pipeline/started-call.ts'
import { Target } from '../pipeline/target.ts'
import type { TargetPorts } from '../pipeline/target-ports.ts'
import { scopedRandom } from '../random/scoped-random.ts'
import type { RequestContext, RequestScope } from '../serving/request-scope.ts'
import type { StateCell } from '../state/state-cell.ts'
import type { GovernanceEvent } from '../telemetry/events.ts'
import type { ShadowCounts } from '../telemetry/shadow-tally.ts'
import type { Clock } from '../time/clock.ts'
import { NO_DEADLINE } from '../time/deadline.ts'
import { DelegatingPolicy } from './delegating-policy.ts'
import type { Explaining } from './explaining.ts'
import type { FallbackStep } from './fallback.ts'
import { type Policy, type PolicyState, wrapped } from './policy.ts'
import type { ExecuteOptions, PolicyOptions } from './policy-options.ts'
import { type OutcomeEdge, PromisedOutcome } from './promised-outcome.ts'
import { valueEdge } from './value-edge.ts'

/** What a policy's options come to. */
export interface PolicyContent {
  readonly resolved: ResolvedPolicy
  readonly fallbacks: readonly FallbackStep[] | undefined
  readonly classifier: Classifier
  readonly maxKeys: number
}

/** What calls of a policy meet on their way in. Both absent where there is nothing of the kind. */
export interface PolicyEdge {
  /** Where the inbound request is found on whose behalf a function is called. */
  readonly requests?: RequestScope | undefined
  /** Which calls are explained. */
  readonly explaining?: Explaining | undefined
}

export interface PolicyParts {
  readonly name: string
  readonly content: PolicyContent
  /** Reads other options. */
  readonly reread: (options: Omit<PolicyOptions, 'name'>) => PolicyContent
  /** Names a call: no other of the policy has the number, whatever its key. */
  readonly nextCallNumber: () => number
  readonly ports: TargetPorts
  readonly edge: PolicyEdge
  readonly events$: Observable<GovernanceEvent>
}

const NO_OPTIONS: ExecuteOptions = {}

export class GuardingPolicy implements Policy {
  readonly name: string
  readonly state: StateCell<PolicyState>
  readonly #parts: PolicyParts
  #content: PolicyContent
  #edge: OutcomeEdge<unknown>
  readonly #target: Target
  readonly #byKey = new Map<string, GuardingPolicy>()
  readonly #requests: RequestScope | undefined
  readonly #explaining: Explaining | undefined
  #isClosed = false

  constructor(parts: PolicyParts) {
    this.name = parts.name
    this.#parts = parts
    this.#content = parts.content
    this.#edge = valueEdge(parts.content.fallbacks, parts.ports.clock)
    this.#requests = parts.edge.requests
    this.#explaining = parts.edge.explaining
    const ports = { ...parts.ports, classifier: parts.content.classifier }
    this.#target = new Target(parts.name, parts.content.resolved, ports, new FunctionTransport(ports.clock))
    this.state = new LivePolicyState(this.#target)
  }

  get events$(): Observable<GovernanceEvent> {
    return this.#parts.events$
  }

  get shadow(): StateCell<ShadowCounts> {
    return this.#target.shadow
  }

  execute<T>(run: Guarded<T>, options: ExecuteOptions = NO_OPTIONS): Promise<T> {
    return options.key === undefined ? this.#run(run, options) : this.#forKey(options.key).#run(run, options)
  }

  wrap<This, A extends readonly unknown[], T>(
    run: (this: This, ...args: A) => T | PromiseLike<T>,
  ): (this: This, ...args: A) => Promise<T> {
    return wrapped(this, run)
  }

  for(key: string): Policy {
    return new DelegatingPolicy(this.name, () => this.#forKey(key))
  }

  update(options: Omit<PolicyOptions, 'name'>): void {
    this.#adopt(this.#parts.reread(options))
  }

  isolate(): void {
    this.#breaker.isolate()
  }

  release(): void {
    this.#breaker.release()
  }

  get #breaker(): CircuitBreaker {
    const { breaker } = this.#target.states
    if (breaker !== undefined) return breaker
    throw new ConfigError('', `the policy ${this.name} has no circuit breaker`, { service: this.name })
  }

  #adopt(content: PolicyContent): void {
    this.#content = content
    this.#edge = valueEdge(content.fallbacks, this.#parts.ports.clock)
    this.#target.update(content.resolved, content.classifier)
    this.#target.leaveUnheld()
    this.#keepAtMost(content.maxKeys)
    for (const policy of this.#byKey.values()) policy.#adopt(content)
  }

  /** Forgets the keys that were used least recently. */
  #keepAtMost(keys: number): void {
    for (const key of this.#byKey.keys()) {
      if (this.#byKey.size <= keys) return
      this.#forget(key)
    }
  }

  /** Calls that are under way end as they would; time decides nothing of it any more. */
  #forget(key: string): void {
    const policy = this.#byKey.get(key)
    if (policy === undefined) return
    policy.#target.stopLoops()
    this.#byKey.delete(key)
  }

  close(): void {
    this.#isClosed = true
    this.#target.close()
    for (const policy of this.#byKey.values()) policy.close()
  }

  describe(): string {
    return 'fallback(deadline(retry+budget|hedge(breaker(limit(attempt timeout)))))'
  }

  #run<T>(run: Guarded<T>, options: ExecuteOptions): Promise<T> {
    const number = this.#parts.nextCallNumber()
    const promised = new PromisedOutcome(this.#edge as OutcomeEdge<T>, this.name, number, options.signal)
    try {
      const request = this.#requests?.current()
      if (options !== NO_OPTIONS || request !== undefined || this.#explaining !== undefined)
        this.#runWith(options, request, run, number, promised)
      else {
        const { base } = this.#target
        base.prepareCall(base, run as GuardedRequest<T>, NO_START_OPTIONS, number, promised).start()
      }
    } catch (error) {
      promised.reject(error)
    }
    return promised.promise
  }

  #runWith<T>(
    options: ExecuteOptions,
    request: RequestContext | undefined,
    run: Guarded<T>,
    number: number,
    promised: PromisedOutcome<T>,
  ): void {
    if (promised.isAborted) return promised.rejectAborted()
    const { base } = this.#target
    const given = options === NO_OPTIONS ? NO_START_OPTIONS : startOptions(options, base.clock)
    const explaining = this.#explaining
    const start = request === undefined ? given : inherited(given, request)
    const call = explaining?.wants(number)
      ? this.#explained(explaining, run as GuardedRequest<T>, start, number, promised)
      : base.prepareCall(base, run as GuardedRequest<T>, start, number, promised)
    if (options.signal !== undefined) promised.follow(cancelOf(call))
    call.start()
  }

  #explained(
    explaining: Explaining,
    run: GuardedRequest<unknown>,
    options: StartOptions,
    number: number,
    sink: CallSink,
  ): StartedCall {
    const explained = explaining.open(this.#target.base, run, number, sink, undefined)
    return this.#target.base.prepareCall(explained.route, run, options, number, explained.sink)
  }

  #forKey(key: string): GuardingPolicy {
    let policy = this.#byKey.get(key)
    if (policy === undefined) {
      // What is kept apart for a key is this instance's own: a topic for each of ten thousand keys would drown the board.
      const random = scopedRandom(this.#parts.ports.random, key)
      const ports = { ...this.#parts.ports, random, board: undefined }
      policy = new GuardingPolicy({ ...this.#parts, ports, content: this.#content })
      if (this.#isClosed) policy.close()
      this.#keepAtMost(this.#content.maxKeys - 1)
    } else this.#byKey.delete(key)
    this.#byKey.set(key, policy)
    return policy
  }
}

const NO_START_OPTIONS: StartOptions = {}

function startOptions({ timeout, idempotent, cacheKey, coalesceKey }: ExecuteOptions, clock: Clock): StartOptions {
  if ((timeout ?? idempotent ?? cacheKey ?? coalesceKey) === undefined) return NO_START_OPTIONS
  const deadlineMs = timeout === undefined ? undefined : clock.now() + parseDuration(timeout, 'options.timeout')
  return { deadlineMs, idempotent, cacheKey, coalesceKey }
}

/** A function is called on behalf of the request: within its time, and not retried where it is a retry itself. */
function inherited(given: StartOptions, { deadlineMs, attempt, priority }: RequestContext): StartOptions {
  const leastMs = Math.min(given.deadlineMs ?? NO_DEADLINE, deadlineMs)
  return { ...given, deadlineMs: leastMs === NO_DEADLINE ? undefined : leastMs, parentAttempt: attempt, priority }
}

class LivePolicyState implements StateCell<PolicyState> {
  readonly #target: Target

  constructor(target: Target) {
    this.#target = target
  }

  get value(): PolicyState {
    const { breaker, limiter } = this.#target.states
    const { limit, inFlight, queued } = limiter?.value ?? { limit: Number.POSITIVE_INFINITY, inFlight: 0, queued: 0 }
    return { breaker: breaker?.value ?? 'closed', limit, inFlight, queued }
  }

  get changes$(): Observable<PolicyState> {
    const { breaker, limiter } = this.#target.states
    const sources = [breaker?.changes$, limiter?.changes$].filter((source) => source !== undefined)
    return merge(...(sources as Observable<unknown>[])).pipe(map(() => this.value))
  }
}
