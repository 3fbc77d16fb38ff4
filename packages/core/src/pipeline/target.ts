import { Selection } from '../balancing/selection.ts'
import { CircuitBreaker } from '../breaking/breaker.ts'
import { BreakerLoop } from '../breaking/breaker-loop.ts'
import type { ResolvedPolicy } from '../config/policy-options.ts'
import { LimitLoop } from '../limiting/limit-loop.ts'
import type { Transport } from '../transport/transport.ts'
import { createRoute } from './create-route.ts'
import { EndpointPlacement, type RowMaker } from './endpoint-placement.ts'
import type { EndpointRow } from './endpoint-row.ts'
import { FunctionPlacement } from './function-placement.ts'
import type { Route } from './route.ts'
import { TargetHealth } from './target-health.ts'
import type { TargetPorts } from './target-ports.ts'

/**
 * One service as one runtime uses it (or one function that a policy guards): the routes of its methods, the rows of its
 * endpoints, and the loops that decide about both. Loops belong here, never to an endpoint.
 */
export class Target implements RowMaker {
  readonly service: string
  readonly placement: EndpointPlacement | FunctionPlacement
  /** The route of the service as a whole. */
  readonly base: Route
  /** Undefined where a function is guarded. */
  readonly health: TargetHealth | undefined
  readonly #ports: TargetPorts
  readonly #loop: BreakerLoop
  readonly #limits: LimitLoop
  /** Those of methods with a policy of their own; made with the first. */
  #routes: Map<ResolvedPolicy, Route> | undefined = undefined

  constructor(service: string, policy: ResolvedPolicy, ports: TargetPorts, guarded?: Transport) {
    this.service = service
    this.#ports = ports
    this.#loop = new BreakerLoop(ports.clock, ports.events)
    this.#limits = new LimitLoop(ports.clock, ports.events)
    if (guarded === undefined) {
      this.health = new TargetHealth(service, policy, ports)
      const { loadBalancing } = policy
      const balancer = ports.createBalancer(loadBalancing.algorithm, ports.random, service, loadBalancing)
      this.placement = new EndpointPlacement(balancer, this.health, this)
    } else this.placement = new FunctionPlacement(guarded)
    this.base = createRoute(service, policy, ports, this.placement, this.#loop, this.#limits)
  }

  /** The route for a policy of one of the service's methods. */
  route(policy: ResolvedPolicy): Route {
    if (policy === this.base.policy) return this.base
    this.#routes ??= new Map()
    let route = this.#routes.get(policy)
    if (route === undefined) {
      route = createRoute(this.service, policy, this.#ports, this.placement, this.#loop, this.#limits, this.base)
      this.#routes.set(policy, route)
    }
    return route
  }

  /** The endpoint's breaker; undefined where the endpoint is not known or its policy has none. */
  endpointBreaker(id: string): CircuitBreaker | undefined {
    return this.placement instanceof EndpointPlacement ? this.placement.row(id)?.breaker : undefined
  }

  close(): void {
    this.placement.isClosing = true
    this.#loop.close()
    this.#limits.close()
    this.health?.close()
  }

  // ---- RowMaker ----

  createSelection(): Selection<EndpointRow> {
    const { balancer } = this.placement
    if (balancer === undefined) throw new TypeError('a function is not selected')
    const { random, zone } = this.#ports
    return new Selection<EndpointRow>(this.base.policy.loadBalancing, { balancer, random, service: this.service, zone })
  }

  transportFor(protocol: string): Transport | undefined {
    return this.#ports.transportFor(protocol)
  }

  createBreaker(row: EndpointRow): CircuitBreaker | undefined {
    const { service } = this
    const { circuitBreaker } = this.base.policy
    if (circuitBreaker === undefined || circuitBreaker.per === 'service') return undefined
    const { clock, random, events } = this.#ports
    return this.#loop.add(
      new CircuitBreaker(circuitBreaker, {
        random: random.stream(`breaker/${service}/${row.id}`),
        clock,
        events,
        service,
        endpoint: row.id,
        onAdmittingChange: () => row.refresh(),
      }),
    )
  }

  dropBreaker(breaker: CircuitBreaker): void {
    this.#loop.remove(breaker)
    breaker.close()
  }
}
