/**
 * Reads a Jaeger dependency graph: `[{ parent, child, callCount }]`, also under `data`. It counts calls and knows no
 * times, so that the flow of calls is all that can be kept: solved for any depth, the topology calls every edge as often
 * as the graph says, relative to the others.
 *
 * Requests into a service are the calls into it, plus what must enter there from outside: a root's largest outgoing
 * count, and as much as it takes that no request makes more than ten calls of one kind.
 */
import { objectOf } from '@seakeep/core/spi'
import { counted } from '../said.ts'
import type { ServiceData, StepData } from '../scenario-data.ts'
import { countOf, type Fields, type ForeignFields, type Keys } from './foreign-fields.ts'
import { foreignNames } from './foreign-names.ts'
import { BARE_MAX_DEPTH, type ImportedEntry, ImportedTopology } from './imported-topology.ts'
import { operationData } from './operation-data.ts'
import { rounded } from './rounded-length.ts'
import { sourceCircles, stronglyConnected } from './strongly-connected.ts'

/** More calls of one kind than this are not one request's. */
const MOST_CALLS = 10
const WORK = { exponential: { mean: '5ms' } } as const
const REPLICAS = 2

export function isJaegerDependencies(data: unknown): boolean {
  const list = Array.isArray(data) ? data : objectOf(data)?.data
  const first = Array.isArray(list) ? objectOf(list[0]) : undefined
  return first !== undefined && Object.hasOwn(first, 'parent') && Object.hasOwn(first, 'child')
}

export function readJaegerDependencies(data: unknown, fields: ForeignFields): ImportedTopology {
  const edges = readEdges(data, fields)
  const { file } = fields
  if (![...edges.values()].some((calls) => calls.size > 0)) throw fields.error([], 'no edge has calls')
  const flow = new Flow(edges)
  const { ours, warnings: renamed } = foreignNames(edges.keys(), file)
  const warnings = [...renamed]
  const nameOf = (service: string): string => ours.get(service) ?? service
  const topology: Record<string, ServiceData> = Object.create(null)
  for (const [parent, calls] of edges) {
    const steps = [...calls].flatMap(([child, count]) => callsOf(nameOf(child), count / flow.requests(parent)))
    topology[nameOf(parent)] = { replicas: REPLICAS, ...operationData([{ work: WORK }, ...steps]) }
  }
  const entries: ImportedEntry[] = [...flow.entering].map(([service, share]) => ({ service: nameOf(service), share }))
  if (flow.surplus.length > 0) {
    const some = flow.surplus.slice(0, 5).map(nameOf).join(', ')
    const more = flow.surplus.length > 5 ? ` and ${flow.surplus.length - 5} more` : ''
    warnings.push(
      `${file}: ${some}${more}: more than ${MOST_CALLS} calls of one kind for each request; the surplus enters there`,
    )
  }
  const inCircles = stronglyConnected(edges)
    .filter((group) => isCircle(group, edges))
    .reduce((sum, circle) => sum + circle.length, 0)
  const count = [...edges.values()].reduce((sum, calls) => sum + calls.size, 0)
  return new ImportedTopology(topology, entries, warnings, {
    inferred: [
      `${counted(edges.size, 'service')} and ${counted(count, 'edge')}; calls a request are callCount over the requests into the parent.`,
      `Load enters at ${counted(entries.length, 'service')}, by the calls that nobody in the graph makes.`,
      ...(inCircles === 0 ? [] : [`${counted(inCircles, 'service is', 'services are')} in circles of calls.`]),
      ...(flow.chosen.length === 0
        ? []
        : [`Nobody calls ${flow.chosen.map(nameOf).join(', ')} from outside of a circle; load enters there.`]),
    ],
    guessed: [
      'Work: exponential with a mean of 5 ms, at every service.',
      `Replicas: ${REPLICAS} of each, without limits of concurrency.`,
      'Order of calls: one after another, as the graph lists them.',
      'Errors: none. Network: the default. How much load there is: --rate sets it.',
      `How deep calls go: maxDepth ${BARE_MAX_DEPTH}; what is deeper is not called.`,
    ],
    maxDepth: BARE_MAX_DEPTH,
  })
}

/** Calls by parent and child, in the order of the file; every service has an entry. */
export type Edges = ReadonlyMap<string, ReadonlyMap<string, number>>

function readEdges(data: unknown, fields: ForeignFields): Edges {
  const isWrapped = !Array.isArray(data)
  const before: Keys = isWrapped ? ['data'] : []
  const list = fields.list(isWrapped ? objectOf(data)?.data : data, 'a list of { parent, child, callCount }', before)
  const edges = new Map<string, Map<string, number>>()
  list.forEach((given, i) => {
    const keys = [...before, i]
    const edge: Fields = fields.object(given, '{ parent, child, callCount }', keys)
    const parent = fields.text(edge.parent, 'the name of a service', [...keys, 'parent'])
    const child = fields.text(edge.child, 'the name of a service', [...keys, 'child'])
    const count = fields.read(edge.callCount, wholeCount, 'a whole number of calls, not negative', [
      ...keys,
      'callCount',
    ])
    for (const service of [parent, child]) if (!edges.has(service)) edges.set(service, new Map())
    const calls = edges.get(parent)
    if (count > 0) calls?.set(child, (calls.get(child) ?? 0) + count)
  })
  return edges
}

function wholeCount(value: unknown): number | undefined {
  const count = countOf(value)
  return Number.isInteger(count) ? count : undefined
}

/** How many requests there are of each service, and how many of them come from outside. */
class Flow {
  readonly entering = new Map<string, number>()
  /** Where more enters than the graph's roots explain. */
  readonly surplus: string[] = []
  /** Where load must enter, though everything is called by something. */
  readonly chosen: string[] = []
  readonly #into = new Map<string, number>()

  constructor(edges: Edges) {
    for (const calls of edges.values()) {
      for (const [child, count] of calls) this.#into.set(child, (this.#into.get(child) ?? 0) + count)
    }
    const largest = new Map([...edges].map(([service, calls]) => [service, Math.max(0, ...calls.values())]))
    for (const [service, out] of largest) {
      const into = this.#into.get(service) ?? 0
      if (into === 0) {
        if (out > 0) this.entering.set(service, out)
        continue
      }
      const surplus = out / MOST_CALLS - into
      if (surplus <= 0) continue
      this.entering.set(service, surplus)
      this.surplus.push(service)
    }
    for (const circle of sourceCircles(edges, this.entering.keys())) {
      // Who is in no call at all is no circle.
      if (!circle.some((one) => this.#into.has(one))) continue
      const missing = (service: string): number => (largest.get(service) ?? 0) - (this.#into.get(service) ?? 0)
      const entry = circle.reduce((best, one) => (missing(one) > missing(best) ? one : best))
      this.chosen.push(entry)
      this.entering.set(entry, missing(entry) > 0 ? missing(entry) : (largest.get(entry) ?? 1))
    }
  }

  requests(service: string): number {
    return (this.#into.get(service) ?? 0) + (this.entering.get(service) ?? 0)
  }
}

/** The whole part always, the rest as probability. */
function callsOf(call: string, each: number): StepData[] {
  const whole = Math.floor(each + 1e-9)
  const rest = rounded(each - whole)
  return [...Array.from({ length: whole }, () => ({ call })), ...(rest > 0 ? [{ call, probability: rest }] : [])]
}

function isCircle(members: readonly string[], edges: Edges): boolean {
  const [first = ''] = members
  return members.length > 1 || edges.get(first)?.has(first) === true
}
