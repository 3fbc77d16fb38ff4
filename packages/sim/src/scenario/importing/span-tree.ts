/**
 * Puts the spans of a file together: who is whose parent, where a service hands over to another, and when that was by
 * the caller's clock. Nothing is lost silently: what does not fit is counted and told.
 *
 * Clocks of two machines differ by more than a call takes. A span of another service that sticks out of its parent, and
 * is not longer, is moved to its middle with all below it, as Jaeger shows it: the way there and back take equally long.
 */
import { counted } from '../said.ts'
import type { TraceSpan } from './trace-span.ts'

export interface SpanNode {
  readonly span: TraceSpan
  parent: SpanNode | undefined
  readonly children: SpanNode[]
  /** By the clock of the trace's first span. */
  startMs: number
  /** True where a service begins to work for somebody else, or for nobody we see. */
  isRequest: boolean
  /** True where its parent is not in the file. */
  isOrphan: boolean
  /** True for a service that only its caller tells of. */
  readonly isUnseen: boolean
}

export interface SpanForest {
  /** Parents before their children. */
  readonly nodes: readonly SpanNode[]
  readonly remarks: readonly string[]
}

/** Two ends of a span that lie no further apart than this are one instant: formats round to a microsecond. */
const ROUNDING_MS = 0.002

export function spanForest(spans: readonly TraceSpan[]): SpanForest {
  const remarks: string[] = []
  const say = (count: number, one: string, several: string, rest = ''): void => {
    if (count > 0) remarks.push(counted(count, one, several) + rest)
  }
  const byId = new Map<string, SpanNode>()
  for (const span of spans) {
    const key = `${span.traceId}/${span.spanId}`
    if (!byId.has(key)) byId.set(key, nodeOf(span))
  }
  say(spans.length - byId.size, 'span is there twice and counts once', 'spans are there twice and count once')

  const roots: SpanNode[] = []
  for (const node of byId.values()) {
    const { traceId, parentId } = node.span
    node.parent = parentId === undefined ? undefined : byId.get(`${traceId}/${parentId}`)
    node.isOrphan = parentId !== undefined && node.parent === undefined
    if (node.parent === undefined) roots.push(node)
    else node.parent.children.push(node)
  }
  const orphans = roots.filter((root) => root.isOrphan).length
  say(orphans, 'span names a parent that is not in the file', 'spans name parents that are not in the file')

  const nodes = below(roots)
  const circles = byId.size - nodes.length
  if (circles > 0) nodes.push(...cutCircles([...byId.values()], nodes))
  say(
    circles,
    'span is its own ancestor and begins anew',
    'spans are their own ancestors; each such circle begins anew',
  )
  for (const node of nodes) addUnseen(node, nodes)
  for (const node of nodes) node.isRequest = beginsRequest(node)
  const where = ' to the middle of the caller’s: the clocks of the two sides differ'
  say(centre(nodes), 'span was moved', 'spans were moved', where)
  return { nodes, remarks }
}

function nodeOf(span: TraceSpan, isUnseen = false): SpanNode {
  const { startMs } = span
  return { span, parent: undefined, children: [], startMs, isRequest: false, isOrphan: false, isUnseen }
}

/** The roots and all below them, parents first. */
function below(roots: readonly SpanNode[]): SpanNode[] {
  const nodes = [...roots]
  for (let i = 0; i < nodes.length; i++) for (const child of nodes[i]?.children ?? []) nodes.push(child)
  return nodes
}

/** What no root leads to: each circle is opened at its first span. */
function cutCircles(all: readonly SpanNode[], reached: readonly SpanNode[]): SpanNode[] {
  const seen = new Set(reached)
  const added: SpanNode[] = []
  for (const node of all) {
    if (seen.has(node)) continue
    node.parent?.children.splice(node.parent.children.indexOf(node), 1)
    node.parent = undefined
    node.isOrphan = true
    for (const one of below([node])) {
      seen.add(one)
      added.push(one)
    }
  }
  return added
}

/** A client span that names its peer, and below which nothing of another service was recorded, stands for both sides. */
function addUnseen(node: SpanNode, nodes: SpanNode[]): void {
  const { span } = node
  if (span.kind !== 'client' || span.peer === undefined || span.peer === span.service || node.isUnseen) return
  if (node.children.length > 0) return
  const peer = nodeOf({ ...span, service: span.peer, instance: undefined, kind: 'server', peer: undefined }, true)
  peer.parent = node
  node.children.push(peer)
  nodes.push(peer)
}

function beginsRequest({ span, parent }: SpanNode): boolean {
  if (parent === undefined || parent.span.service !== span.service) return true
  const isReceived = span.kind === 'server' || span.kind === 'consumer'
  return isReceived && (parent.span.kind === 'client' || parent.span.kind === 'producer')
}

/** Brings every span to its parent's clock; how many had to be moved on their own account. */
function centre(nodes: readonly SpanNode[]): number {
  let moved = 0
  for (const node of nodes) {
    const { parent, span } = node
    if (parent === undefined) continue
    node.startMs = span.startMs + parent.startMs - parent.span.startMs
    if (!node.isRequest || span.isFollower || span.kind === 'consumer') continue
    const spareMs = parent.span.durationMs - span.durationMs
    const aheadMs = node.startMs - parent.startMs
    const isInside = aheadMs >= -ROUNDING_MS && aheadMs <= spareMs + ROUNDING_MS
    // Who works longer than its caller waits can only be put right where it seems to begin before it was called.
    if (isInside || (spareMs < 0 && aheadMs >= 0)) continue
    node.startMs = parent.startMs + Math.max(0, spareMs / 2)
    moved++
  }
  return moved
}
