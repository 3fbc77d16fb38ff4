/** Groups of services that all reach each other (Tarjan 1972), without recursion: a chain may be as long as the graph. */

type Graph = ReadonlyMap<string, ReadonlyMap<string, unknown>>

/** Callees before their callers. */
export function stronglyConnected(graph: Graph): readonly (readonly string[])[] {
  const groups: string[][] = []
  const order = new Map<string, number>()
  const low = new Map<string, number>()
  const waiting: string[] = []
  const isWaiting = new Set<string>()
  const open: { readonly node: string; readonly callees: readonly string[]; next: number }[] = []
  const enter = (node: string): void => {
    low.set(node, order.size)
    order.set(node, order.size)
    waiting.push(node)
    isWaiting.add(node)
    open.push({ node, callees: [...(graph.get(node)?.keys() ?? [])], next: 0 })
  }
  const lower = (node: string, to: number): void => void low.set(node, Math.min(low.get(node) ?? to, to))
  for (const root of graph.keys()) {
    if (order.has(root)) continue
    enter(root)
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      const callee = top.callees[top.next++]
      if (callee !== undefined) {
        if (!order.has(callee)) enter(callee)
        else if (isWaiting.has(callee)) lower(top.node, order.get(callee) ?? 0)
        continue
      }
      open.pop()
      const caller = open.at(-1)
      if (caller !== undefined) lower(caller.node, low.get(top.node) ?? 0)
      if (low.get(top.node) !== order.get(top.node)) continue
      const group = waiting.splice(waiting.indexOf(top.node))
      for (const node of group) isWaiting.delete(node)
      groups.push(group)
    }
  }
  return groups
}

/** Groups that cannot be reached from `entries`, and that nobody outside of them calls. */
export function sourceCircles(graph: Graph, entries: Iterable<string>): readonly (readonly string[])[] {
  const reached = new Set(entries)
  for (const node of reached) for (const callee of graph.get(node)?.keys() ?? []) reached.add(callee)
  const left = stronglyConnected(graph).filter((group) => !group.some((node) => reached.has(node)))
  const groupOf = new Map(left.flatMap((group) => group.map((node) => [node, group] as const)))
  const called = new Set<readonly string[]>()
  for (const [node, callees] of graph) {
    for (const callee of callees.keys()) {
      const group = groupOf.get(callee)
      if (group !== undefined && groupOf.get(node) !== group) called.add(group)
    }
  }
  return left.filter((group) => !called.has(group))
}
