import type { CallRequest, Cancel, StartOptions } from '../call/call.ts'
import type { CallSink } from '../call/call-sink.ts'
import { BARE_POLICY, type ResolvedPolicy } from '../config/policy-options.ts'
import type { Registry } from '../discovery/registry.ts'
import { Resolver, type ResolverSettings } from '../discovery/resolver.ts'
import type { Endpoint, Snapshot } from '../endpoint/endpoint.ts'
import { EndpointPlacement } from '../pipeline/endpoint-placement.ts'
import type { Route } from '../pipeline/route.ts'
import { Target } from '../pipeline/target.ts'
import type { TargetPorts } from '../pipeline/target-ports.ts'
import type { Transport } from '../transport/transport.ts'
import { FirstCalls } from './first-calls.ts'

/** Joins what calls read (the target) to what discovery decides (the resolver): one per service a runtime calls. */
export class ServiceTarget {
  readonly target: Target
  readonly resolver: Resolver
  /** Where calls wait while it is not known who is there; undefined from then on. */
  firstCalls: FirstCalls | undefined = undefined
  readonly #ports: TargetPorts
  #policyFor: (method: string | undefined) => ResolvedPolicy
  #routes: Map<string, Route> | undefined = undefined
  /** Where copies go: it shares nothing with the calls themselves. Made with the first copy. */
  #copies: Target | undefined = undefined

  constructor(
    service: string,
    policyFor: (method: string | undefined) => ResolvedPolicy,
    ports: TargetPorts,
    registries: readonly Registry[],
    discovery?: ResolverSettings,
  ) {
    this.#policyFor = policyFor
    this.#ports = ports
    this.target = new Target(service, policyFor(undefined), ports)
    const settings = { ...discovery, onDecided: () => this.#onDecided() }
    this.resolver = new Resolver(service, registries, ports, (snapshot) => this.#onSnapshot(snapshot), settings)
    if (this.resolver.isUndecided) this.firstCalls = new FirstCalls(ports.clock)
  }

  get service(): string {
    return this.target.service
  }

  routeFor(method: string | undefined): Route {
    if (method === undefined) return this.target.base
    this.#routes ??= new Map()
    let route = this.#routes.get(method)
    if (route === undefined) {
      route = this.target.route(this.#policyFor(method))
      // Methods may carry identifiers (`GET /users/17`): what is kept per name must stay bounded.
      if (this.#routes.size < MAX_METHODS) this.#routes.set(method, route)
    }
    return route
  }

  /** Sends a copy of a call: one attempt under the policy's timeout, to the version that `options` name or to nobody. */
  startCopy(request: CallRequest, options: StartOptions, sink: CallSink): Cancel {
    this.#copies ??= this.#createCopies()
    const { base } = this.#copies
    if (options.version === undefined || !base.placement.versions.has(options.version)) {
      sink.settle({ ending: 'no-endpoint', isAnswered: false, attempts: 0 })
      return () => {}
    }
    const call = base.createCall(base, request, options, options.callKey ?? 0, sink)
    call.start()
    return (reason) => call.cancel(reason)
  }

  /** Whether these policies say anything else of what was called so far. Throws where they do not fit together. */
  isGovernedOtherwise(policyFor: (method: string | undefined) => ResolvedPolicy): boolean {
    const methods = [undefined, ...(this.#routes?.keys() ?? [])]
    return methods.some((method) => !isEqual(policyFor(method), this.#policyFor(method)))
  }

  /** Another document that says the same: what is called later goes by it, and nothing that was made is made anew. */
  adopt(policyFor: (method: string | undefined) => ResolvedPolicy): void {
    const made = [this.target.base, ...(this.#routes?.values() ?? [])]
    const known = new Map(made.map(({ policy }) => [JSON.stringify(policy), policy]))
    const adopted = new Map<ResolvedPolicy, ResolvedPolicy>()
    this.#policyFor = (method) => {
      const policy = policyFor(method)
      let same = adopted.get(policy)
      if (same === undefined) {
        same = known.get(JSON.stringify(policy)) ?? policy
        adopted.set(policy, same)
      }
      return same
    }
  }

  /** Other policies from the next call on; what was learnt stays. */
  update(policyFor: (method: string | undefined) => ResolvedPolicy): void {
    this.#policyFor = policyFor
    this.target.update(policyFor(undefined))
    this.#copies?.update(copiesPolicy(policyFor(undefined)))
    for (const [method, before] of this.#routes ?? []) {
      this.#routes?.set(method, this.target.route(policyFor(method), before))
    }
    this.target.leaveUnheld()
  }

  /** Nobody will call it again. What is under way ends as it would; time decides nothing of it any more. */
  retire(): void {
    const { transport, endpoint } = this.#only ?? {}
    this.resolver.close()
    this.target.stopLoops()
    this.target.health?.close()
    this.#copies?.close()
    if (endpoint !== undefined) transport?.forget?.(endpoint)
  }

  close(): void {
    this.target.close()
    this.#copies?.close()
    // Last, as it ends the wait of those who wait for its word: they find it closed.
    this.resolver.close()
  }

  #onDecided(): void {
    const { firstCalls } = this
    this.firstCalls = undefined
    firstCalls?.release()
  }

  /** The endpoint of a target that is an address. */
  get #only(): { readonly transport: Transport | undefined; readonly endpoint: Endpoint } | undefined {
    const [endpoint] = this.resolver.cell.value.endpoints
    return endpoint && { endpoint, transport: this.#ports.transportFor(endpoint.protocol) }
  }

  #createCopies(): Target {
    const copies = new Target(this.target.service, copiesPolicy(this.#policyFor(undefined)), this.#ports)
    if (copies.placement instanceof EndpointPlacement) {
      copies.placement.update(this.resolver.cell.value, this.#ports.clock.now())
    }
    return copies
  }

  #onSnapshot(snapshot: Snapshot): void {
    for (const one of [this.target, this.#copies]) {
      if (one?.placement instanceof EndpointPlacement) one.placement.update(snapshot, this.#ports.clock.now())
    }
  }
}

const MAX_METHODS = 1000

function isEqual(one: ResolvedPolicy, other: ResolvedPolicy): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other)
}

function copiesPolicy({ timeoutMs, loadBalancing }: ResolvedPolicy): ResolvedPolicy {
  return { ...BARE_POLICY, timeoutMs, loadBalancing }
}
