import type { Balancer } from '../balancing/balancer.ts'
import { createBalancer } from '../balancing/balancer-factory.ts'
import type { Candidate } from '../balancing/candidate.ts'
import { Selection } from '../balancing/selection.ts'
import { CircuitBreaker } from '../breaking/breaker.ts'
import { BreakerLoop } from '../breaking/breaker-loop.ts'
import type { Classifier } from '../call/classification.ts'
import type { ResolvedPolicy } from '../config/policy-options.ts'
import { LimitLoop } from '../limiting/limit-loop.ts'
import type { EventSink } from '../telemetry/events.ts'
import { ShadowTally } from '../telemetry/shadow-tally.ts'
import type { Clock } from '../time/clock.ts'
import type { Transport } from '../transport/transport.ts'
import { createRoute, type RouteParts } from './create-route.ts'
import { EndpointPlacement, type RowMaker } from './endpoint-placement.ts'
import type { EndpointRow } from './endpoint-row.ts'
import { FunctionPlacement } from './function-placement.ts'
import { PanicWatch } from './panic-watch.ts'
import { type Route, type RouteStates, statesOf } from './route.ts'
import { TargetHealth } from './target-health.ts'
import type { TargetPorts } from './target-ports.ts'
import { TargetSharing } from './target-sharing.ts'

/**
 * One service as one runtime uses it (or one function that a policy guards): the routes of its methods, the rows of its
 * endpoints, and the loops that decide about both. Loops belong here, never to an endpoint.
 */
export class Target implements RowMaker, RouteParts {
  readonly service: string
  #base: Route
  readonly placement: EndpointPlacement | FunctionPlacement
  /** Undefined where a function is guarded. */
  readonly health: TargetHealth | undefined
  #ports: TargetPorts
  /** Made with the first selection. */
  #panic: PanicWatch | undefined = undefined
  /** Made with the first act, or when somebody looks. */
  #shadow: ShadowTally | undefined = undefined
  readonly breakers: BreakerLoop
  readonly limits: LimitLoop
  /** Made with the first that is shared. */
  #sharing: TargetSharing | undefined = undefined
  /** Those before the latest update, that of the service first. */
  #former: readonly Route[] = []
  /** Those of methods with a policy of their own; made with the first. */
  #routes: Map<ResolvedPolicy, Route> | undefined = undefined

  constructor(service: string, policy: ResolvedPolicy, ports: TargetPorts, guarded?: Transport) {
    this.service = service
    this.#ports = ports
    this.breakers = new BreakerLoop(ports.clock, ports.events)
    this.limits = new LimitLoop(ports.clock, ports.events)
    if (guarded === undefined) {
      this.health = new TargetHealth(service, policy, ports, this)
      this.placement = new EndpointPlacement(this.#createBalancer(policy), this.health, this)
    } else this.placement = new FunctionPlacement(guarded)
    this.#base = createRoute(this, policy)
  }

  /** The route of the service as a whole. */
  get base(): Route {
    return this.#base
  }

  /** What the layers of the service as a whole have learnt, whether they act or only watch. */
  get states(): RouteStates {
    return statesOf(this.#base)
  }

  /** What layers in shadow would have done. */
  get shadow(): ShadowTally {
    const { clock, events } = this.#ports
    this.#shadow ??= new ShadowTally(clock, events, this.service, 'shadowCounted')
    return this.#shadow
  }

  /** The route for a policy of one of the service's methods; it goes on where `before` stood. */
  route(policy: ResolvedPolicy, before?: Route): Route {
    if (policy === this.#base.policy) return this.#base
    this.#routes ??= new Map()
    let route = this.#routes.get(policy)
    if (route === undefined) {
      const [baseBefore] = this.#former
      const same = baseBefore === this.#base ? this.#former.find((one) => one.policy === policy) : undefined
      const siblings = this.#routes.values()
      route = same ?? createRoute(this, policy, { base: this.#base, before, baseBefore, siblings })
      this.#routes.set(policy, route)
    }
    return route
  }

  /**
   * Another policy from the next call on. Windows, tokens, ejections and latencies that were learnt stay where the new
   * policy has a layer of the same kind; calls under way end by the policy they began with.
   */
  update(policy: ResolvedPolicy, classifier: Classifier = this.#ports.classifier): void {
    const before = this.#base
    this.#former = [before, ...(this.#routes?.values() ?? [])]
    this.#routes = undefined
    if (policy === before.policy && classifier === before.classifier) return
    if (classifier !== before.classifier) this.#ports = { ...this.#ports, classifier }
    this.#base = createRoute(this, policy, { before })
    this.health?.update(policy)
    if (!(this.placement instanceof EndpointPlacement)) return
    const isRebalanced = JSON.stringify(before.policy.loadBalancing) !== JSON.stringify(policy.loadBalancing)
    this.placement.reform(isRebalanced ? this.#createBalancer(policy) : undefined)
  }

  /** After an update, when the routes of methods stand anew: what none of them holds any more is over. */
  leaveUnheld(): void {
    const routes = [this.#base, ...(this.#routes?.values() ?? [])]
    const held = new Set(routes.map(statesOf).flatMap(({ breaker, limiter }) => [breaker, limiter]))
    for (const route of this.#former) {
      if (routes.includes(route)) continue
      const { breaker, limiter } = statesOf(route)
      route.timeouts?.close()
      if (breaker !== undefined && !held.has(breaker)) this.dropBreaker(breaker)
      if (limiter !== undefined && !held.has(limiter)) limiter.close()
    }
    this.#sharing?.keepOnly(routes)
    this.#former = []
  }

  // ---- RouteParts ----

  get ports(): TargetPorts {
    return this.#ports
  }
  get sharing(): RouteParts['sharing'] {
    const { board } = this.#ports
    if (board === undefined) return undefined
    return () => {
      this.#sharing ??= new TargetSharing(board, this.service, this.health === undefined, this.#ports)
      return this.#sharing
    }
  }

  #createBalancer({ loadBalancing }: ResolvedPolicy): Balancer {
    const asked = [loadBalancing.algorithm, this.#ports.random, this.service, loadBalancing] as const
    return this.#ports.createBalancer(...asked) ?? createBalancer(...asked)
  }

  /** The endpoint's breaker; undefined where the endpoint is not known or its policy has none. */
  endpointBreaker(id: string): CircuitBreaker | undefined {
    return this.placement instanceof EndpointPlacement ? this.placement.row(id)?.breaker : undefined
  }

  /** Nobody will ask for it again: no timer of it is left. Calls that are under way go on. */
  stopLoops(): void {
    this.breakers.close()
    this.limits.close()
    this.#sharing?.close()
    for (const { timeouts } of [this.#base, ...(this.#routes?.values() ?? [])]) timeouts?.close()
  }

  close(): void {
    this.placement.isClosing = true
    this.placement.closeIdle()
    this.stopLoops()
    this.health?.close()
  }

  // ---- RowMaker ----

  get clock(): Clock {
    return this.#ports.clock
  }
  get events(): EventSink {
    return this.#ports.events
  }

  createSelection<Row extends Candidate>(before?: Selection<Row>): Selection<Row> {
    const { balancer } = this.placement
    if (balancer === undefined) throw new TypeError('a function is not selected')
    const { service } = this
    const { random, zone, events } = this.#ports
    this.#panic ??= new PanicWatch(service, events)
    const { onPanic } = this.#panic
    const parts = { balancer, random, service, zone, onPanic, isPanic: before?.isPanic }
    return new Selection(this.base.policy.loadBalancing, parts)
  }

  transportFor(protocol: string): Transport | undefined {
    return this.#ports.transportFor(protocol)
  }

  breakerOf(row: EndpointRow): CircuitBreaker | undefined {
    const { service } = this
    const { circuitBreaker } = this.base.policy
    if (circuitBreaker === undefined || circuitBreaker.per === 'service') return undefined
    if (row.breaker !== undefined) {
      row.breaker.update(circuitBreaker)
      return row.breaker
    }
    const { clock, random, events } = this.#ports
    return this.breakers.add(
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
    this.breakers.remove(breaker)
    breaker.close()
  }
}
