import type { Observable } from 'rxjs'
import type { CircuitBreaker } from '../breaking/breaker.ts'
import type { CallRequest, Cancel, StartOptions } from '../call/call.ts'
import type { CallSink } from '../call/call-sink.ts'
import type { PolicyDocument } from '../config/policy-document.ts'
import { type GoverningPolicies, PolicyFollower, type PolicyOrigin } from '../config/policy-follower.ts'
import { BARE_POLICY, type ResolvedPolicy } from '../config/policy-options.ts'
import type { PolicySource } from '../config/policy-source.ts'
import { KnownServices } from '../discovery/known-services.ts'
import type { Registry } from '../discovery/registry.ts'
import type { ResolverSettings } from '../discovery/resolver.ts'
import type { Instance, Snapshot } from '../endpoint/endpoint.ts'
import { asError } from '../errors/as-error.ts'
import { ConfigError } from '../errors/seakeep-error.ts'
import type { ServiceHealth } from '../health/service-health.ts'
import type { LimiterState } from '../limiting/limiter.ts'
import type { Route } from '../pipeline/route.ts'
import { withVersion } from '../pipeline/routed-options.ts'
import type { StartedCall } from '../pipeline/started-call.ts'
import type { TargetPorts } from '../pipeline/target-ports.ts'
import { Draw } from '../random/random.ts'
import { type Mirror, mirroredOptions, mirroredRequest } from '../routing/mirror.ts'
import { type StateCell, WritableCell } from '../state/state-cell.ts'
import { EventStream } from '../telemetry/event-stream.ts'
import type { EventSink, GovernanceEvent } from '../telemetry/events.ts'
import type { Explanation } from '../telemetry/explanation.ts'
import type { ShadowCounts } from '../telemetry/shadow-tally.ts'
import type { Clock } from '../time/clock.ts'
import type { Transport } from '../transport/transport.ts'
import { Client } from './client.ts'
import { EDGES, type Edge, type EdgeHost, missingEdge } from './edge.ts'
import { Explaining } from './explaining.ts'
import type { PolicyEdge } from './guarding-policy.ts'
import { HostTargets } from './host-targets.ts'
import { Lifecycle } from './lifecycle.ts'
import type { Policy } from './policy.ts'
import type { PolicyOptions } from './policy-options.ts'
import { PolicyTable } from './policy-table.ts'
import type { RuntimeIdentity, RuntimeParts, RuntimePorts } from './ports.ts'
import { ServedInstance, type ServeOptions } from './served-instance.ts'
import { ServiceTarget } from './service-target.ts'

/** Calls a runtime's `close` waits for at most, before it cuts them off, in milliseconds. */
const CLOSE_GRACE_MS = 30_000

/**
 * One runtime: everything one process (or one simulated instance) needs to call and to serve under governance. Built by
 * `assembleRuntime` from ports and parts; made by users with `createRuntime`.
 */
export class Runtime implements EdgeHost, AsyncDisposable {
  readonly service: string
  readonly #identity: RuntimeIdentity
  #document: PolicyDocument | undefined
  readonly #governing: WritableCell<GoverningPolicies>
  readonly #ports: RuntimePorts
  readonly #events: EventStream
  readonly #targetPorts: TargetPorts
  readonly #targets = new Map<string, ServiceTarget>()
  /** These four are made when they are needed first: most runtimes call services, and serve one or none. */
  #hosts: HostTargets | undefined = undefined
  #known: KnownServices | undefined = undefined
  #edges: Map<string, unknown> | undefined = undefined
  #served: Set<ServedInstance> | undefined = undefined
  readonly #policies: PolicyTable
  readonly #discovery: ResolverSettings
  readonly #lifecycle: Lifecycle
  readonly #explaining: Explaining | undefined
  #calls = 0
  #isPolicyMissingTold = false
  #isClosing = false

  constructor(identity: RuntimeIdentity, ports: RuntimePorts, parts: RuntimeParts) {
    this.service = identity.service
    this.#identity = identity
    this.#document = identity.policies
    this.#governing = new WritableCell<GoverningPolicies>({
      hash: identity.policies?.hash,
      source: identity.policiesFrom?.source,
      revision: identity.policiesFrom?.revision,
      appliedAtMs: ports.clock.now(),
    })
    this.#ports = ports
    // Where the stream comes in as the sink, adapters tell it as well.
    this.#events = ports.events instanceof EventStream ? ports.events : new EventStream(ports.events)
    const transports = new Map<string, Transport>(ports.transports.map((one) => [one.protocol, one]))
    this.#targetPorts = {
      clock: ports.clock,
      random: ports.random,
      events: ports.registries.some(({ refresh }) => refresh !== undefined) ? this.#hinting() : this.#events,
      classifier: parts.classifier,
      createBalancer: parts.createBalancer,
      createLimit: parts.createLimit,
      caller: identity.service,
      zone: identity.zone,
      board: ports.board,
      transportFor: (protocol) => transports.get(protocol),
    }
    this.#discovery = { options: parts.discovery, snapshots: ports.snapshots }
    this.#explaining = parts.explain && new Explaining(identity.service, parts.explain, ports.random)
    const edge: PolicyEdge = { requests: ports.requests, explaining: this.#explaining }
    this.#policies = new PolicyTable(this.#targetPorts, this.#events, identity.policies?.standard, edge)
    this.#lifecycle = new Lifecycle(ports.clock)
    // Stopped last: targets give their lists to be kept when they are closed.
    if (ports.snapshots !== undefined) {
      const { snapshots } = ports
      this.#lifecycle.add({ stop: (_graceMs, done) => snapshots.close(done) })
    }
    this.#lifecycle.add({
      stop: (graceMs, done) => {
        this.#isClosing = true
        for (const target of this.#allTargets()) target.close()
        this.#policies.close()
        // One that throws keeps none of the others open.
        for (const port of [...ports.registries, ports.board]) this.#guard(() => port?.close())
        this.#closeTransports(ports.clock.now() + graceMs, done)
      },
    })
  }

  /**
   * Starts a governed call: the whole pipeline without a promise. `call`, `fetch` and the simulator are thin over it.
   * `sink` may be told before this returns.
   */
  start(service: string, request: CallRequest, options: StartOptions, sink: CallSink): Cancel {
    return this.#start(this.#targets.get(service) ?? this.#open(service), request, options, sink)
  }

  /** The same for an address: its host is governed by the policy of the targets that match `address.service`. */
  startAt(address: Instance, request: CallRequest, options: StartOptions, sink: CallSink): Cancel {
    this.#hosts ??= new HostTargets((host, registry) => this.#create(host, [registry]))
    return this.#start(this.#hosts.get(address), request, options, sink)
  }

  /** Whether a registry knows the name: then it is a service, and no host of the network. */
  knows(name: string, told: (isKnown: boolean) => void): void {
    // Registries say nothing any more, and whatever it is will be refused.
    if (this.#isClosing) return told(true)
    this.#known ??= new KnownServices(this.#ports.registries, this.#ports.clock)
    this.#known.ask(name, told)
  }

  get clock(): Clock {
    return this.#ports.clock
  }

  #start(target: ServiceTarget, request: CallRequest, options: StartOptions, sink: CallSink): Cancel {
    if (target.firstCalls === undefined) return this.#begin(target, request, options, sink)
    const { timeoutMs } = target.routeFor(request.method)
    return target.firstCalls.wait(options, timeoutMs, sink, (later) => this.#begin(target, request, later, sink))
  }

  #begin(target: ServiceTarget, request: CallRequest, options: StartOptions, sink: CallSink): Cancel {
    const route = target.routeFor(request.method)
    const key = options.callKey ?? this.nextCallNumber()
    const routed = withVersion(route, request, options, key)
    const explaining = this.#explaining
    const call =
      explaining !== undefined && (options.explain === true || explaining.wants(key))
        ? this.#explained(explaining, route, request, routed, key, sink)
        : route.prepareCall(route, request, routed, key, sink)
    call.start()
    // What was answered or refused on this side, or waits for its permit, is not copied.
    if (route.mirror !== undefined && call.isSent) this.#copy(route.mirror, target, request, routed, key)
    return (reason) => call.cancel(reason)
  }

  #explained(
    explaining: Explaining,
    route: Route,
    request: CallRequest,
    options: StartOptions,
    key: number,
    sink: CallSink,
  ): StartedCall {
    const explained = explaining.open(route, request, key, sink, this.#document)
    return route.prepareCall(explained.route, request, options, key, explained.sink)
  }

  /**
   * Why a call went as it did: its decisions in order, with their numbers, and the lines of the policy behind them.
   * `callId` is that of its error. Undefined for calls that were not drawn (see `createRuntime({ explain })`) or are no
   * longer kept.
   */
  explain(callId: string): Explanation | undefined {
    return this.#explaining?.get(callId)
  }

  /** For who keeps calls elsewhere: what `explain` would answer, to be asked for there. It is kept here no longer. */
  takeExplanation(callId: string): (() => Explanation) | undefined {
    return this.#explaining?.take(callId)
  }

  /** The explanations that are kept, the latest call first. */
  explanations(): Iterable<Explanation> {
    return this.#explaining?.latest() ?? []
  }

  /** Sends a copy somewhere else as well, where the call's turn has come; whatever becomes of it is nobody's concern. */
  #copy(mirror: Mirror, target: ServiceTarget, request: CallRequest, options: StartOptions, key: number): void {
    if (!mirror.tryCopy(request, options.version, this.#ports.random.draw(key, Draw.mirror))) return
    const sink: CallSink = { commit: () => {}, settle: () => mirror.onEnd() }
    const to = mirror.target
    const copied = mirroredOptions(options, key)
    const send = (): void => {
      if ('service' in to) this.start(to.service, mirroredRequest(request), copied, sink)
      else target.startCopy(mirroredRequest(request), { ...copied, version: to.version }, sink)
    }
    this.#guard(send, () => mirror.onEnd())
  }

  nextCallNumber(): number {
    this.#calls += 1
    return this.#calls
  }

  /** The service as something to call. */
  client(service: string): Client {
    return new Client(this, service, this.#ports.clock)
  }

  /**
   * A policy for a function, on this runtime's clock and chance. The same name again is the same policy. A name alone is
   * the policy `standard` of the policy document, or the built-in one.
   */
  policy(options: PolicyOptions | string): Policy {
    return this.#policies.policy(options)
  }

  /** Which document governs, since when, where it came from, and what has become of a newer one that is not valid. */
  get policies(): StateCell<GoverningPolicies> {
    return this.#governing
  }

  /**
   * Governs by another document from the next call, and the next request that is served, on. What was learnt stays:
   * windows, tokens, ejections, latencies, places in a line; calls under way end by the policy they began with, and targets
   * of which it says the same are left alone. Throws a ConfigError, and changes nothing, where its targets do not fit
   * together for what was called so far. `origin` says in `policies` and in the event where it came from.
   */
  applyPolicies(document: PolicyDocument | undefined, origin?: PolicyOrigin): void {
    const policyOf = (service: string) => this.#policyFor(service, document)
    // What may be refused is asked for before anything is changed.
    const all = this.#allTargets()
    const changed = all.filter((target) => target.isGovernedOtherwise(policyOf(target.service)))
    const targets = new Set(changed.map(({ service }) => service))
    this.#document = document
    for (const target of all) {
      const policy = policyOf(target.service)
      this.#guard(() => (targets.has(target.service) ? target.update(policy) : target.adopt(policy)))
    }
    const inbound = new Set<string>()
    for (const served of this.#served ?? []) {
      this.#guard(() => void (served.applyPolicies(document) && inbound.add(served.service)))
    }
    this.#policies.useStandard(document?.standard)
    const atMs = this.#ports.clock.now()
    const hash = document?.hash
    this.#governing.set({ hash, source: origin?.source, revision: origin?.revision, appliedAtMs: atMs })
    this.#events.emit({
      ...{ type: 'policyApplied', atMs, name: origin?.source ?? this.service, revision: origin?.revision, hash },
      ...{ targets: [...targets], inbound: [...inbound] },
    })
  }

  /**
   * Governs by what the source holds, as it changes: {@link applyPolicies} with each document that is valid. What governs
   * now governs until it has spoken, and while it holds nothing valid. The source is closed with the runtime.
   */
  follow(source: PolicySource): PolicyFollower {
    const { clock } = this.#ports
    const follower = new PolicyFollower(source, {
      ...{ clock, events: this.#events, cell: this.#governing },
      apply: (document, origin) => this.applyPolicies(document, origin),
    })
    this.#lifecycle.add({
      stop: (_, done) => {
        this.#guard(() => follower[Symbol.dispose]())
        done()
      },
    })
    if (this.#isClosing) follower[Symbol.dispose]()
    return follower.start()
  }

  /** The endpoints of a service as they are known now. */
  endpoints(service: string): StateCell<Snapshot> {
    return this.#targetOf(service).resolver.cell
  }

  /** The breaker of a service, or of one of its endpoints. */
  breaker(service: string, endpoint?: string): CircuitBreaker {
    const { target } = this.#targetOf(service)
    const breaker = endpoint === undefined ? target.states.breaker : target.endpointBreaker(endpoint)
    if (breaker !== undefined) return breaker
    const of = endpoint === undefined ? service : `${service}, endpoint ${endpoint}`
    throw new ConfigError('', `no circuit breaker is kept for ${of}: its policy names none, or it is not known`, {
      service,
      endpoint,
    })
  }

  /** What registration, checks and traffic say about each endpoint of a service, merged. */
  health(service: string): StateCell<ServiceHealth> {
    const { health } = this.#targetOf(service).target
    if (health !== undefined) return health.cell
    throw new TypeError('a service is placed on endpoints')
  }

  /** The concurrency limiter of a service. */
  limiter(service: string): StateCell<LimiterState> {
    const { limiter } = this.#targetOf(service).target.states
    if (limiter !== undefined) return limiter
    throw new ConfigError('', `no concurrency limit is kept for ${service}: its policy names none`, { service })
  }

  /** What layers in `mode: shadow` would have done to calls of the service so far, by what it is. */
  shadow(service: string): StateCell<ShadowCounts> {
    return this.#targetOf(service).target.shadow
  }

  /** Everything that happens to governance from the subscription on. */
  get events$(): Observable<GovernanceEvent> {
    return this.#events.events$
  }

  /** Announces this process as an instance and puts admission, health and drain in front of its server. */
  serve(options: ServeOptions): ServedInstance {
    const served = new ServedInstance(
      { zone: this.#identity.zone, ...options },
      this.#ports,
      this.#events,
      this.#document,
      this.#targetPorts.createLimit,
    )
    this.#served ??= new Set()
    this.#served.add(served)
    this.#lifecycle.add(served)
    return served
  }

  /** Drains and stops, in the reverse order of starting. A second call waits for the first. */
  close(): Promise<void> {
    return this.#lifecycle.close(CLOSE_GRACE_MS, () => {
      this.#events.emit({ type: 'runtimeClosed', atMs: this.#ports.clock.now() })
      this.#events.complete()
      this.#governing.complete()
    })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #open(service: string): ServiceTarget {
    const target = this.#create(service, this.#ports.registries, this.#discovery)
    this.#targets.set(service, target)
    return target
  }

  #create(service: string, registries: readonly Registry[], discovery?: ResolverSettings): ServiceTarget {
    const policyFor = this.#policyFor(service, this.#document)
    if (policyFor(undefined) === BARE_POLICY) this.#tellPolicyMissing()
    const target = new ServiceTarget(service, policyFor, this.#targetPorts, registries, discovery)
    if (this.#isClosing) target.close()
    return target
  }

  /** A service, or a host that was called by its address. */
  #targetOf(name: string): ServiceTarget {
    return this.#targets.get(name) ?? this.#hosts?.named(name) ?? this.#open(name)
  }

  #allTargets(): ServiceTarget[] {
    return [...this.#targets.values(), ...(this.#hosts?.values() ?? [])]
  }

  /** A member that comes with a package. The same one each time: it may be passed about. */
  protected edge(name: string): unknown {
    this.#edges ??= new Map()
    let member = this.#edges.get(name)
    if (member === undefined) {
      const edge: Edge | undefined = this.#ports.edges?.findLast((one) => one.name === name)
      member = edge === undefined ? missingEdge(name) : edge.create(this)
      this.#edges.set(name, member)
    }
    return member
  }

  static {
    for (const name of Object.keys(EDGES)) {
      Object.defineProperty(Runtime.prototype, name, {
        get(this: Runtime) {
          return this.edge(name)
        },
      })
    }
  }

  /** The events, with an ear for those that say that a registry which has to be asked should be. */
  #hinting(): EventSink {
    return {
      emit: (event) => {
        this.#events.emit(event)
        const isSign = event.type === 'endpointEjected' || event.type === 'endpointFailedChecks'
        const isOpen = event.type === 'circuitOpened' && event.endpoint !== undefined
        if ((isSign || isOpen) && event.isShadow !== true) this.#targets.get(event.service)?.resolver.refresh()
      },
    }
  }

  #policyFor(service: string, document: PolicyDocument | undefined): (method: string | undefined) => ResolvedPolicy {
    return (method) => document?.policyFor(this.service, service, method) ?? BARE_POLICY
  }

  #closeTransports(deadlineMs: number, done: () => void): void {
    const open = new Set(this.#ports.transports)
    if (open.size === 0) return done()
    const closed = (transport: Transport): void => {
      if (open.delete(transport) && open.size === 0) done()
    }
    for (const transport of this.#ports.transports) {
      this.#guard(
        () => transport.close(deadlineMs, () => closed(transport)),
        () => closed(transport),
      )
    }
  }

  /** Runs what may throw; reports it, and goes on with `failed`. */
  #guard(run: () => void, failed: () => void = () => {}): void {
    try {
      run()
    } catch (thrown) {
      const error = asError(thrown)
      this.#events.emit({ type: 'listenerFailed', atMs: this.#ports.clock.now(), name: this.service, error })
      failed()
    }
  }

  #tellPolicyMissing(): void {
    if (this.#isPolicyMissingTold) return
    this.#isPolicyMissingTold = true
    this.#events.emit({ type: 'policyMissing', atMs: this.#ports.clock.now(), name: this.service })
  }
}
