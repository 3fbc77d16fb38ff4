/** Whom a fault can strike, seen from a call: services by who calls whom, instances, zones and edges. */
import type { FaultTarget, ResolvedFault, ResolvedScenario, ResolvedStep } from '../../scenario/resolved-scenario.ts'

export class Reach {
  readonly #calls = new Map<string, ReadonlySet<string>>()
  readonly #zones = new Map<string, readonly string[]>()
  readonly #reached = new Map<string, ReadonlySet<string>>()

  constructor({ services }: Pick<ResolvedScenario, 'services'>) {
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

  /** Does it strike anything that `service` needs? */
  isBehind(fault: ResolvedFault, service: string): boolean {
    return 'target' in fault && [...this.from(service)].some((one) => this.#isPart(fault.target, one))
  }

  #isPart(target: FaultTarget, service: string): boolean {
    if (target.kind === 'edge') return target.from === service
    if (target.kind === 'zone') return this.#zones.get(service)?.includes(target.zone) === true
    return target.service === service
  }

  #zoneOf(service: string, number: number): string | undefined {
    const zones = this.#zones.get(service) ?? []
    return zones.length === 0 ? undefined : zones[(number - 1) % zones.length]
  }
}

function calledIn(step: ResolvedStep): readonly string[] {
  if (step.kind === 'call') return [step.service]
  return step.kind === 'parallel' ? step.steps.flatMap(calledIn) : []
}
