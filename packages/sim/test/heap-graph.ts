// A heap snapshot of V8 as a graph: who references whom, at one moment, seen from outside of the program.
import { getHeapSnapshot } from 'node:v8'

interface RawSnapshot {
  readonly snapshot: {
    readonly meta: {
      readonly node_fields: readonly string[]
      readonly node_types: readonly [readonly string[], ...unknown[]]
      readonly edge_fields: readonly string[]
      readonly edge_types: readonly [readonly string[], ...unknown[]]
    }
  }
  readonly nodes: readonly number[]
  readonly edges: readonly number[]
  readonly strings: readonly string[]
}

export interface HeapEdge {
  readonly type: string
  readonly name: string
  readonly to: HeapNode
}

export interface HeapNode {
  readonly id: number
  /** `object`, `closure`, `array`, `code`, … as V8 has it. */
  readonly type: string
  /** The constructor's name of an object, the function's of a closure. */
  readonly name: string
  readonly edges: readonly HeapEdge[]
}

/** Takes a snapshot of this process. */
export async function takeSnapshot(): Promise<readonly HeapNode[]> {
  const chunks: Buffer[] = []
  for await (const chunk of getHeapSnapshot()) chunks.push(chunk as Buffer)
  return readSnapshot(JSON.parse(Buffer.concat(chunks).toString()) as RawSnapshot)
}

function readSnapshot({ snapshot, nodes, edges, strings }: RawSnapshot): readonly HeapNode[] {
  const { node_fields, node_types, edge_fields, edge_types } = snapshot.meta
  const [nodeSize, edgeSize] = [node_fields.length, edge_fields.length]
  const nodeAt = (field: string): number => node_fields.indexOf(field)
  const edgeAt = (field: string): number => edge_fields.indexOf(field)
  const [type, name, id, edgeCount] = [nodeAt('type'), nodeAt('name'), nodeAt('id'), nodeAt('edge_count')]
  const [edgeType, edgeName, edgeTo] = [edgeAt('type'), edgeAt('name_or_index'), edgeAt('to_node')]
  const read: { id: number; type: string; name: string; edges: HeapEdge[] }[] = []
  for (let at = 0; at < nodes.length; at += nodeSize) {
    read.push({
      id: nodes[at + id] ?? 0,
      type: node_types[0][nodes[at + type] ?? 0] ?? '',
      name: strings[nodes[at + name] ?? 0] ?? '',
      edges: [],
    })
  }
  let edge = 0
  read.forEach((node, i) => {
    const end = edge + (nodes[i * nodeSize + edgeCount] ?? 0) * edgeSize
    for (; edge < end; edge += edgeSize) {
      const kind = edge_types[0][edges[edge + edgeType] ?? 0] ?? ''
      const nameOrIndex = edges[edge + edgeName] ?? 0
      const isIndex = kind === 'element' || kind === 'hidden'
      const to = read[(edges[edge + edgeTo] ?? 0) / nodeSize]
      if (to !== undefined) {
        node.edges.push({ type: kind, name: isIndex ? String(nameOrIndex) : (strings[nameOrIndex] ?? ''), to })
      }
    }
  })
  return read
}

/** What a property, an element or a private field of `node` holds. */
export function held(node: HeapNode | undefined, name: string): HeapNode | undefined {
  return node?.edges.find((edge) => edge.name === name && (edge.type === 'property' || edge.type === 'element'))?.to
}
