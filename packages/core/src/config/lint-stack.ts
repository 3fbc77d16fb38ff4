/**
 * Retries on edges that follow each other: a call at the top becomes more and more attempts further down.
 *
 * Of a request that is itself a retry nobody below tries again, unless its budget is off (chain-stop; it reaches one edge,
 * as the one attempt it leaves is a first one again). What that leaves is counted rather than the bare product: it is
 * what the last target sees where everything fails and every budget pays.
 */
import { acting, type LintedCall, lintedCall } from './lint-calls.ts'
import type { Finding } from './lint-finding.ts'
import type { CallGraph } from './lint-graph.ts'
import type { DocumentRule } from './lint-rule.ts'
import type { PolicyDocument } from './policy-document.ts'

interface Edge {
  readonly from: string
  readonly to: string
  readonly attempts: number
  readonly isStopped: boolean
  readonly call: LintedCall
}

/** Beyond so many paths a graph is no tree any more, and the worst of those seen is bad enough. */
const MOST_PATHS = 20_000

/** One finding for each way on which nobody retries further down: the worst way to where it ends. */
export const stackedRetries: DocumentRule = (document, graph) => {
  const worst = new Map<string, readonly Edge[]>()
  for (const path of pathsOf(edgesOf(document, graph))) {
    const last = path.at(-1)?.to ?? ''
    const known = worst.get(last)
    if (known === undefined || attemptsOf(path) > attemptsOf(known)) worst.set(last, path)
  }
  return byFirst([...worst.values()].toSorted((a, b) => attemptsOf(b) - attemptsOf(a)))
}

/** Paths that begin at one place are one mistake: the worst is said, the others are counted. */
function byFirst(paths: readonly (readonly Edge[])[]): Finding[] {
  const groups = new Map<string, (readonly Edge[])[]>()
  for (const path of paths) {
    const place = path[0]?.call.placeOf('retry')
    const key = `${place?.position ?? place?.path} ${path.every(({ isStopped }) => isStopped)}`
    groups.set(key, [...(groups.get(key) ?? []), path])
  }
  return [...groups.values()].flatMap(([path = [], ...others]) => {
    const [first] = path
    return first === undefined ? [] : [findingOf(path, first, others.length)]
  })
}

function findingOf(path: readonly Edge[], first: Edge, others: number): Finding {
  const isStopped = path.every((edge) => edge.isStopped)
  const counts = path.map(({ attempts }) => attempts)
  const product = counts.reduce((a, b) => a * b, 1)
  const most = attemptsOf(path)
  const last = path.at(-1)?.to ?? ''
  const names = [first.from, ...path.map(({ to }) => to)].join('>')
  const more = others === 0 ? '' : ` (the worst of ${others + 1} such paths)`
  const left =
    most === product
      ? ''
      : `; ${most} as no retry is tried again one edge below it, and fewer where a budget is used up`
  const problem =
    `${names} retries on ${path.length} edges in a row${more}: ${counts.join('x')}=${product} attempts at ${last} for one ` +
    `call${left}; retry on one of them, and write retry: false for the others, as for "${first.from}>${first.to}"`
  const finding = first.call.finding('stacked-retries', 'retry', problem, isStopped ? 'note' : 'warning')
  return { ...finding, targets: [...new Set(path.map(({ call }) => call.target))] }
}

/** What one call at the first edge comes to at the last target while everything fails. */
export function attemptsOf(path: readonly Pick<Edge, 'attempts' | 'isStopped'>[]): number {
  let [first, retry] = [1, 1]
  for (const { attempts, isStopped } of path.toReversed()) {
    const all = first + (attempts - 1) * retry
    retry = isStopped ? first : all
    first = all
  }
  return first
}

/** Every way through edges that retry, as far as it goes, that has at least two of them; a circle ends where it closes. */
function* pathsOf(edges: readonly Edge[]): IterableIterator<readonly Edge[]> {
  const from = Map.groupBy(edges, (edge) => edge.from)
  const reached = new Set(edges.map(({ to }) => to))
  const roots = edges.filter((edge) => !reached.has(edge.from))
  const open: (readonly Edge[])[] = (roots.length > 0 ? roots : edges).map((edge) => [edge])
  let count = 0
  for (let path = open.pop(); path !== undefined && count < MOST_PATHS; path = open.pop()) {
    const at = path.at(-1)?.to ?? ''
    const next = (from.get(at) ?? []).filter(({ to }) => !path?.some((edge) => edge.from === to))
    if (next.length > 0) open.push(...next.map((edge) => [...(path ?? []), edge]))
    else {
      count++
      if (path.length > 1) yield path
    }
  }
}

/** The edges that retry; of several methods the one with the most attempts. */
function edgesOf(document: PolicyDocument, graph: CallGraph): readonly Edge[] {
  const edges = new Map<string, Edge>()
  for (const kind of graph.calls) {
    const call = lintedCall(document, kind)?.call
    const retry = acting(call?.policy.retry)
    if (call === undefined || retry === undefined || retry.maxAttempts === 1) continue
    const { from, to } = kind
    const edge = { from, to, attempts: retry.maxAttempts, isStopped: retry.budget !== undefined, call }
    const known = edges.get(`${from}>${to}`)
    if (known === undefined || known.attempts < edge.attempts) edges.set(`${from}>${to}`, edge)
  }
  return [...edges.values()]
}
