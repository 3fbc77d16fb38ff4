/**
 * Where services stand. Few are drawn as a graph, callers left of whom they call (dagre). Many are a map: small squares in
 * columns by how far they are from the users, since a thousand boxes and their lines say nothing; one of them, chosen, is
 * drawn as a graph again, with its neighbours.
 */
import { Graph, layout } from '@dagrejs/dagre'

/** More services than this are a map. */
export const MOST_IN_GRAPH = 60
export const NODE = { width: 144, height: 46 } as const

export interface Box {
  readonly name: string
  /** The middle. */
  readonly x: number
  readonly y: number
}

export interface Line {
  readonly name: string
  readonly from: string
  readonly to: string
  readonly points: readonly { readonly x: number; readonly y: number }[]
}

export interface Placed {
  readonly width: number
  readonly height: number
  readonly boxes: readonly Box[]
  readonly lines: readonly Line[]
}

export function ends(edge: string): readonly [from: string, to: string] {
  const at = edge.indexOf('>')
  return [edge.slice(0, at), edge.slice(at + 1)]
}

/** The nodes of edges in a graph, left to right. */
export function placeGraph(edges: readonly string[], lonely: readonly string[] = []): Placed {
  const graph = new Graph()
  graph.setGraph({ rankdir: 'LR', nodesep: 12, ranksep: 38, marginx: 6, marginy: 6 })
  graph.setDefaultEdgeLabel(() => ({}))
  const names = new Set([...lonely, ...edges.flatMap((edge) => ends(edge))])
  for (const name of names) graph.setNode(name, { width: NODE.width, height: NODE.height })
  for (const edge of edges) {
    const [from, to] = ends(edge)
    if (from !== to) graph.setEdge(from, to)
  }
  layout(graph)
  const boxes = [...names].map((name): Box => {
    const { x, y } = graph.node(name) as { x: number; y: number }
    return { name, x, y }
  })
  const lines = edges.flatMap((name): Line[] => {
    const [from, to] = ends(name)
    if (from === to) return []
    const { points } = graph.edge(from, to) as { points: { x: number; y: number }[] }
    return [{ name, from, to, points }]
  })
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number }
  return { width, height, boxes, lines }
}

/** The edges of a service and its callers and callees: the busiest of each side. */
export function neighbourhood(service: string, edges: ReadonlyMap<string, number>, most = 12): string[] {
  const side = (is: (from: string, to: string) => boolean): string[] =>
    [...edges]
      .filter(([edge]) => is(...ends(edge)))
      .sort((a, b) => b[1] - a[1])
      .slice(0, most)
      .map(([edge]) => edge)
  return [...new Set([...side((_, to) => to === service), ...side((from) => from === service)])]
}

/** Columns by the distance from those nobody calls, a circle ending where it comes back; who was not reached comes last. */
export function columnsOf(edges: readonly string[], services: readonly string[]): string[][] {
  const callees = new Map<string, string[]>()
  const called = new Set<string>()
  for (const edge of edges) {
    const [from, to] = ends(edge)
    callees.set(from, [...(callees.get(from) ?? []), to])
    called.add(to)
  }
  const depth = new Map<string, number>()
  let front = [...new Set(edges.map((edge) => ends(edge)[0]))].filter((name) => !called.has(name))
  for (let at = 0; front.length > 0; at++) {
    const next = new Set<string>()
    for (const name of front) {
      if (depth.has(name)) continue
      depth.set(name, at)
      for (const to of callees.get(name) ?? []) if (!depth.has(to)) next.add(to)
    }
    front = [...next]
  }
  const columns: string[][] = []
  const last = Math.max(0, ...depth.values()) + 1
  for (const name of services) {
    const at = depth.get(name) ?? last
    columns[at] ??= []
    columns[at]?.push(name)
  }
  return Array.from(columns, (column) => column ?? []).filter((column) => column.length > 0)
}

const CELL = 13
const GAP = 3
const COLUMN_GAP = 22

/** Squares in blocks, a block a column, each block as wide as it needs to be no higher than `height`. */
export function placeMap(columns: readonly (readonly string[])[], height = 330): Placed & { readonly cell: number } {
  const rows = Math.max(1, Math.floor(height / (CELL + GAP)))
  const boxes: Box[] = []
  let left = 4
  let deepest = 0
  for (const column of columns) {
    const wide = Math.ceil(column.length / rows)
    const tall = Math.ceil(column.length / wide)
    deepest = Math.max(deepest, tall)
    column.forEach((name, i) => {
      const x = left + Math.floor(i / tall) * (CELL + GAP) + CELL / 2
      const y = 4 + (i % tall) * (CELL + GAP) + CELL / 2
      boxes.push({ name, x, y })
    })
    left += wide * (CELL + GAP) + COLUMN_GAP
  }
  return { width: left - COLUMN_GAP + 4, height: deepest * (CELL + GAP) + 8, boxes, lines: [], cell: CELL }
}
