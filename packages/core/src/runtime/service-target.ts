import type { ResolvedPolicy } from '../config/policy-options.ts'
import type { Registry } from '../discovery/registry.ts'
import { Resolver } from '../discovery/resolver.ts'
import { EndpointPlacement } from '../pipeline/endpoint-placement.ts'
import type { Route } from '../pipeline/route.ts'
import { Target } from '../pipeline/target.ts'
import type { TargetPorts } from '../pipeline/target-ports.ts'

/** Joins what calls read (the target) to what discovery decides (the resolver): one per service a runtime calls. */
export class ServiceTarget {
  readonly target: Target
  readonly resolver: Resolver
  #policyFor: (method: string | undefined) => ResolvedPolicy
  #routes: Map<string, Route> | undefined = undefined

  constructor(
    service: string,
    policyFor: (method: string | undefined) => ResolvedPolicy,
    ports: TargetPorts,
    registries: readonly Registry[],
  ) {
    this.#policyFor = policyFor
    this.target = new Target(service, policyFor(undefined), ports)
    const { placement } = this.target
    if (!(placement instanceof EndpointPlacement)) throw new TypeError('a service is placed on endpoints')
    this.resolver = new Resolver(service, registries, ports, (snapshot) => {
      placement.update(snapshot, ports.clock.now())
    })
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

  /** Other policies from the next call on; what was learnt stays. */
  update(policyFor: (method: string | undefined) => ResolvedPolicy): void {
    this.#policyFor = policyFor
    this.target.update(policyFor(undefined))
    for (const [method, before] of this.#routes ?? []) {
      this.#routes?.set(method, this.target.route(policyFor(method), before))
    }
  }

  close(): void {
    this.resolver.close()
    this.target.close()
  }
}

const MAX_METHODS = 1000
