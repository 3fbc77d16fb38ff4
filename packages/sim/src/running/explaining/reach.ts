/** Whom a fault can strike, seen from a call: services by who calls whom, instances, zones, edges and wider ways. */
import type {
  FaultTarget,
  LinkEnd,
  ResolvedFault,
  ResolvedScenario,
  ResolvedStep,
} from '../../scenario/resolved-scenario.ts'

export class Reach {
  readonly #calls = new Map<string, ReadonlySet<string>>()
  readonly #zones = new Map<string, readonly string[]>()
  readonly #reached = new Map<string, ReadonlySet<string>>()

  constructor({ services, workloads }: Pick<ResolvedScenario, 'services' | 'workloads'>) {
    for (const { id, callerName, zones } of workloads) this.#zones.set(`${id}/${callerName}`, zones)
    for (const { name, operations, versions, zones } of services) {
      const all = [operations, ...versions.map((version) => version.operations)]
      const steps = all.flatMap((one) => [...one.values()].flatMap((operation) => operation.steps))
      this.#calls.set(name, new Set(steps.flatMap(calledIn)))
      this.#zones.set(name, zones)
    }
  }

  /** The service and all that is called for it, however far. Of a service with real code only itself is known. */
  from(service: string): ReadonlySet<string> {
    const known = this.#reached.get(service)
    if (known !== undefined) return known
    const reached = new Set([service])
    for (const one of reached) for (const called of this.#calls.get(one) ?? []) reached.add(called)
    this.#reached.set(service, reached)
    return reached
  }

  /** Does the fault strike this instance, `payments#2`? */
  isInstance(fault: ResolvedFault, instance: string): boolean {
    if (!('target' in fault)) return false
    const [service = '', number = ''] = instance.split('#')
    const { target } = fault
    if (target.kind === 'service') return target.service === service
    if (target.kind === 'instance') return target.service === service && target.number === Number(number)
    if (target.kind === 'zone') return this.#zoneOf(service, Number(number)) === target.zone
    return false
  }

  /** Does it strike what goes from one host to another, `web/client#1` to `payments#2`? */
  isWay(target: FaultTarget, from: string, to: string): boolean {
    if (target.kind === 'edge') return target.from === partyOf(from) && target.to === partyOf(to)
    return target.kind === 'link' && this.#isEnd(target.from, from) && this.#isEnd(target.to, to)
  }

  /** Does it strike anything that `service` needs? */
  isBehind(fault: ResolvedFault, service: string): boolean {
    return 'target' in fault && [...this.from(service)].some((one) => this.#isPart(fault.target, one))
  }

  #isPart(target: FaultTarget, service: string): boolean {
    if (target.kind === 'edge') return target.from === service
    if (target.kind === 'link') return [target.from, target.to].some((end) => this.#isPartly(end, service))
    if (target.kind === 'zone') return this.#zones.get(service)?.includes(target.zone) === true
    return target.service === service
  }

  #isPartly(end: LinkEnd, service: string): boolean {
    if (end.kind === 'party') return end.name === service
    return end.kind === 'zone' && this.#zones.get(service)?.includes(end.zone) === true
  }

  #isEnd(end: LinkEnd, host: string): boolean {
    if (end.kind === 'party') return end.name === partyOf(host)
    const [name = '', number = ''] = host.split('#')
    return end.kind === 'anywhere' || this.#zoneOf(name, Number(number)) === end.zone
  }

  #zoneOf(service: string, number: number): string | undefined {
    const zones = this.#zones.get(service) ?? []
    return zones.length === 0 ? undefined : zones[(number - 1) % zones.length]
  }
}

/** Who a host is on edges: `client` of `web/client#1`. */
function partyOf(host: string): string {
  return host.split('#')[0]?.split('/').at(-1) ?? ''
}

function calledIn(step: ResolvedStep): readonly string[] {
  if (step.kind === 'call') return [step.service]
  return step.kind === 'parallel' ? step.steps.flatMap(calledIn) : []
}
