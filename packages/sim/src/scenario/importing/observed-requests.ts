/**
 * What traces say about each operation: every request it answered, how long that took, and whom it called when. Spans
 * inside a service are its own work; only what another service does is a call.
 */
import { type SpanNode, spanForest } from './span-tree.ts'
import type { TraceSpan } from './trace-span.ts'

export interface ObservedOperation {
  readonly service: string
  readonly method: string
  readonly requests: ObservedRequest[]
  /** True where no span of its own was recorded, only its callers'. */
  isUnseen: boolean
}

export interface ObservedRequest {
  readonly durationMs: number
  readonly isError: boolean
  /** Calls it waited for, by their beginning. */
  readonly calls: readonly ObservedCall[]
}

export interface ObservedCall {
  readonly to: ObservedOperation
  /** From the beginning of the request, as its caller saw it. */
  readonly startMs: number
  readonly endMs: number
  /** How long the called service worked. */
  readonly servedMs: number
  readonly isError: boolean
}

export interface Observed {
  readonly operations: readonly ObservedOperation[]
  /** How often a request came from outside of what was recorded, by operation. */
  readonly entries: ReadonlyMap<ObservedOperation, number>
  /** Round trips (client span minus server span), by `a>b`. */
  readonly roundTripsMs: ReadonlyMap<string, readonly number[]>
  /** Copies seen of each service. */
  readonly instances: ReadonlyMap<string, ReadonlySet<string>>
  /** Calls on the longest way down. */
  readonly depth: number
  /** Calls nobody waits for, by `a>b`. */
  readonly unawaited: ReadonlyMap<string, number>
  readonly remarks: readonly string[]
}

/** A service with more operations than this is taken to have ids in their names. */
const MANY_OPERATIONS = 50
const ID_SEGMENT = /^(\d+|[0-9a-f]{16,}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/i
/** A call that ends this much after its request, as a share of it, was not waited for. */
const OVERHANG = 0.01
const ROUNDING_MS = 0.002

export function observeRequests(spans: readonly TraceSpan[]): Observed {
  const { nodes, remarks } = spanForest(spans)
  return new Observer(nodes, remarks).observe()
}

class Observer {
  readonly #nodes: readonly SpanNode[]
  readonly #remarks: string[]
  readonly #operations = new Map<string, ObservedOperation>()
  readonly #roundTripsMs = new Map<string, number[]>()
  readonly #instances = new Map<string, Set<string>>()
  readonly #unawaited = new Map<string, number>()
  /** Requests that somebody in the file waits for. */
  readonly #called = new Set<ObservedOperation>()
  readonly #folded = new Set<string>()

  constructor(nodes: readonly SpanNode[], remarks: readonly string[]) {
    this.#nodes = nodes
    this.#remarks = [...remarks]
  }

  observe(): Observed {
    this.#findFolded()
    const requests = this.#nodes.filter((node) => node.isRequest)
    const entries = new Map<ObservedOperation, number>()
    const enters = (operation: ObservedOperation): void =>
      void entries.set(operation, (entries.get(operation) ?? 0) + 1)
    const depths = new Map<SpanNode, number>()
    const orphans: ObservedOperation[] = []
    let depth = 0
    for (const node of requests) {
      const operation = this.#operationOf(node)
      if (node.isUnseen) operation.isUnseen = true
      const own = depths.get(node) ?? 1
      depth = Math.max(depth, own)
      const calls: ObservedCall[] = []
      for (const { call, isAwaited, child } of this.#callsOf(node)) {
        depths.set(child, isAwaited ? own + 1 : 1)
        if (isAwaited) {
          calls.push(call)
          this.#called.add(call.to)
        } else {
          const edge = `${operation.service}>${call.to.service}`
          this.#unawaited.set(edge, (this.#unawaited.get(edge) ?? 0) + 1)
          enters(call.to)
        }
      }
      calls.sort((a, b) => a.startMs - b.startMs)
      operation.requests.push({ durationMs: node.span.durationMs, isError: node.span.isError, calls })
      this.#noteInstance(node.span)
      if (node.isOrphan) orphans.push(operation)
      else if (node.parent === undefined) enters(operation)
    }
    this.#letOrphansEnter(orphans, enters)
    return {
      operations: [...this.#operations.values()],
      entries,
      roundTripsMs: this.#roundTripsMs,
      instances: this.#instances,
      depth,
      unawaited: this.#unawaited,
      remarks: this.#remarks,
    }
  }

  /** Who is called elsewhere in the file was called here, too, by somebody it does not show: that is no entry. */
  #letOrphansEnter(orphans: readonly ObservedOperation[], enters: (operation: ObservedOperation) => void): void {
    const entering = orphans.filter((operation) => !this.#called.has(operation))
    for (const operation of entering) enters(operation)
    const left = orphans.length - entering.length
    if (left > 0) {
      const are =
        left === 1
          ? 'request without its caller is of an operation'
          : 'requests without their callers are of operations'
      this.#remarks.push(`${left} ${are} called elsewhere; ${left === 1 ? 'it is' : 'they are'} no load`)
    }
  }

  /** The requests that `node` makes of others, found below the spans of its own service. */
  *#callsOf(node: SpanNode): Generator<{ call: ObservedCall; isAwaited: boolean; child: SpanNode }> {
    const endMs = node.startMs + node.span.durationMs
    const latestMs = endMs + Math.max(ROUNDING_MS, node.span.durationMs * OVERHANG)
    const open: { readonly node: SpanNode; readonly isFollower: boolean }[] = [{ node, isFollower: false }]
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      for (const child of next.node.children) {
        const { span } = child
        const isFollower = next.isFollower || span.isFollower
        if (!child.isRequest) {
          open.push({ node: child, isFollower })
          continue
        }
        const client = isClient(next.node, node) ? next.node : undefined
        const seen = client ?? child
        const isMessage = span.kind === 'consumer' || next.node.span.kind === 'producer'
        const isAwaited = !isFollower && !isMessage && seen.startMs + seen.span.durationMs <= latestMs
        if (client !== undefined && isAwaited && !child.isUnseen) this.#noteRoundTrip(client.span, span)
        const startMs = seen.startMs - node.startMs
        const call = {
          to: this.#operationOf(child),
          startMs,
          endMs: startMs + seen.span.durationMs,
          servedMs: span.durationMs,
          isError: span.isError,
        }
        yield { call, isAwaited, child }
      }
    }
  }

  #noteRoundTrip(client: TraceSpan, server: TraceSpan): void {
    const roundTripMs = client.durationMs - server.durationMs
    // A caller that gave up earlier says nothing about the network.
    if (roundTripMs < 0) return
    const edge = `${client.service}>${server.service}`
    const known = this.#roundTripsMs.get(edge)
    if (known === undefined) this.#roundTripsMs.set(edge, [roundTripMs])
    else known.push(roundTripMs)
  }

  #noteInstance({ service, instance }: TraceSpan): void {
    if (instance === undefined) return
    const known = this.#instances.get(service)
    if (known === undefined) this.#instances.set(service, new Set([instance]))
    else known.add(instance)
  }

  #operationOf({ span }: SpanNode): ObservedOperation {
    const method = this.#folded.has(span.service) ? withoutIds(span.operation) : span.operation
    const key = `${span.service}\n${method}`
    let operation = this.#operations.get(key)
    if (operation === undefined) {
      operation = { service: span.service, method, requests: [], isUnseen: false }
      this.#operations.set(key, operation)
    }
    return operation
  }

  #findFolded(): void {
    const names = new Map<string, Set<string>>()
    for (const { span, isRequest } of this.#nodes) {
      if (!isRequest) continue
      const known = names.get(span.service)
      if (known === undefined) names.set(span.service, new Set([span.operation]))
      else known.add(span.operation)
    }
    for (const [service, operations] of names) {
      if (operations.size <= MANY_OPERATIONS) continue
      const folded = new Set([...operations].map(withoutIds)).size
      if (folded === operations.size) continue
      this.#folded.add(service)
      this.#remarks.push(`${service}: ${operations.size} operations are taken as ${folded}; ids in paths became *`)
    }
  }
}

/** The span in which a caller waits for another service; untagged ones do nothing else and hold nothing else. */
function isClient(span: SpanNode, request: SpanNode): boolean {
  if (span.span.kind !== undefined) return span.span.kind === 'client'
  return span !== request && span.children.length === 1
}

function withoutIds(operation: string): string {
  return operation.replace(/[^/\s?]+/g, (segment) => (ID_SEGMENT.test(segment) ? '*' : segment))
}
