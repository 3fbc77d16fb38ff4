/**
 * Who may call whom, as far as a topology says it: what real handlers call is only known when they run. It answers
 * which edges there can be, and whether calls can go round for ever.
 */
import type { ResolvedOperation, ResolvedService, ResolvedStep, ResolvedWorkload } from './resolved-scenario.ts'

type Callee = { readonly service: string; readonly method: string | undefined }

/** One operation of a service, as `payments/POST /charges`; it is what calls, not its service as a whole. */
interface Operation {
  readonly label: string
  readonly calls: readonly Callee[]
}

export class CallGraph {
  readonly #services: ReadonlyMap<string, ResolvedService>
  readonly #workloads: readonly ResolvedWorkload[]

  constructor(services: readonly ResolvedService[], workloads: readonly ResolvedWorkload[]) {
    this.#services = new Map(services.map((service) => [service.name, service]))
    this.#workloads = workloads
  }

  /** All that can stand on either end of an edge: services, and what the workloads' callers are called. */
  get parties(): readonly string[] {
    return [...new Set([...this.#services.keys(), ...this.#workloads.map(({ callerName }) => callerName)])]
  }

  /** Of services and of callers. */
  get zones(): readonly string[] {
    return [...new Set([...this.#services.values(), ...this.#workloads].flatMap(({ zones }) => zones))]
  }

  isService(name: string): boolean {
    return this.#services.has(name)
  }

  /** Whom `from` may call; undefined where its code alone knows. */
  calleesOf(from: string): readonly string[] | undefined {
    const called = this.#workloads.filter(({ callerName }) => callerName === from).flatMap(({ to }) => to)
    const service = this.#services.get(from)
    if (service?.app !== undefined) return undefined
    const steps = service === undefined ? [] : operationsOf(service).flatMap(({ steps }) => callsIn(steps))
    return [...new Set([...called, ...steps].map((callee) => callee.service))]
  }

  callersOf(to: string): readonly string[] {
    return this.parties.filter((party) => this.calleesOf(party)?.includes(to))
  }

  /** Calls of methods that their service does not name, as `payments/POST /charge`, and what it does name. */
  unnamedMethods(): readonly { readonly call: string; readonly method: string; readonly named: readonly string[] }[] {
    const steps = [...this.#services.values()].flatMap(operationsOf)
    const calls = [
      ...steps.flatMap((operation) => callsIn(operation.steps)),
      ...this.#workloads.flatMap(({ to }) => to),
    ]
    const found = new Map<
      string,
      { readonly call: string; readonly method: string; readonly named: readonly string[] }
    >()
    for (const { service, method } of calls) {
      const called = this.#services.get(service)
      const names = called === undefined ? [] : kindsOf(called).flatMap((operations) => [...operations.keys()])
      const named = [...new Set(names)].filter((name) => name !== '')
      if (method === undefined || named.length === 0 || named.includes(method)) continue
      const call = `${service}/${method}`
      found.set(call, { call, method, named })
    }
    return [...found.values()]
  }

  /** A circle that calls to `targets` may run into, as the names on the way, the first again at its end. */
  circleFrom(targets: readonly Callee[]): readonly string[] | undefined {
    const finished = new Set<string>()
    for (const target of targets) {
      // Depth first, without recursion: a chain may be as long as the topology.
      const path: { readonly operation: Operation; next: number }[] = []
      const onPath = new Map<string, number>()
      const enter = (callee: Callee): readonly string[] | undefined => {
        const operation = this.#operationOf(callee)
        const at = onPath.get(operation.label)
        if (at !== undefined) return [...path.slice(at).map((step) => step.operation.label), operation.label]
        if (finished.has(operation.label)) return undefined
        onPath.set(operation.label, path.length)
        path.push({ operation, next: 0 })
        return undefined
      }
      let circle = enter(target)
      while (circle === undefined && path.length > 0) {
        const top = path[path.length - 1]
        const callee = top?.operation.calls[top.next++]
        if (callee !== undefined) circle = enter(callee)
        else if (top !== undefined) {
          path.pop()
          onPath.delete(top.operation.label)
          finished.add(top.operation.label)
        }
      }
      if (circle !== undefined) return circle
    }
    return undefined
  }

  #operationOf({ service, method }: Callee): Operation {
    const called = this.#services.get(service)
    const kinds = called === undefined ? [] : kindsOf(called)
    const isOwn = method !== undefined && kinds.some((operations) => operations.has(method))
    // Whichever version answers: all that any of them calls.
    const answers = kinds.map((operations) => (isOwn ? operations.get(method) : undefined) ?? operations.get(''))
    const calls = answers.flatMap((operation) => callsIn(operation?.steps ?? []))
    return { label: isOwn ? `${service}/${method}` : service, calls }
  }
}

/** What instances of a service do, by method: one such list for each version, or one where there are none. */
function kindsOf({ versions, operations }: ResolvedService): readonly ReadonlyMap<string, ResolvedOperation>[] {
  return versions.length === 0 ? [operations] : versions.map((version) => version.operations)
}

function operationsOf(service: ResolvedService): readonly ResolvedOperation[] {
  return kindsOf(service).flatMap((operations) => [...operations.values()])
}

function callsIn(steps: readonly ResolvedStep[]): Callee[] {
  return steps.flatMap((step) => {
    if (step.kind === 'call') return [{ service: step.service, method: step.method }]
    return step.kind === 'parallel' ? callsIn(step.steps) : []
  })
}
