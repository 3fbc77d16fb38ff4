// Circles in a graph of names: of files by their imports, of rooms by their files'.

/** Strongly connected parts of more than one node (Tarjan), each as a walk that ends where it began. */
export function circles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const found: string[][] = []
  const order = new Map<string, number>()
  const low = new Map<string, number>()
  const stack: string[] = []
  const enter = (node: string): number => {
    const mine = order.size
    order.set(node, mine)
    low.set(node, mine)
    stack.push(node)
    for (const next of graph.get(node) ?? []) {
      if (!graph.has(next)) continue
      const reach = order.has(next) ? (stack.includes(next) ? (order.get(next) as number) : mine) : enter(next)
      low.set(node, Math.min(low.get(node) as number, reach))
    }
    const lowest = low.get(node) as number
    if (lowest === mine) {
      const part = stack.splice(stack.indexOf(node))
      if (part.length > 1) found.push(walk(node, new Set(part), graph))
    }
    return lowest
  }
  for (const node of graph.keys()) if (!order.has(node)) enter(node)
  return found
}

/** The shortest way from a node back to itself within its part. */
function walk(start: string, part: ReadonlySet<string>, graph: ReadonlyMap<string, readonly string[]>): string[] {
  const cameFrom = new Map<string, string>()
  const queue = [start]
  for (const node of queue) {
    for (const next of graph.get(node) ?? []) {
      if (next === start) {
        const way = [start]
        for (let at = node; at !== start; at = cameFrom.get(at) as string) way.unshift(at)
        return [start, ...way]
      }
      if (part.has(next) && !cameFrom.has(next)) {
        cameFrom.set(next, node)
        queue.push(next)
      }
    }
  }
  return [...part]
}
