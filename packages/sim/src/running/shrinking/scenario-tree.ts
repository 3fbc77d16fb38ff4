/** A scenario in data form as shrinking cuts it: plain objects, never written to, and what its parts name. */
import { objectOf } from '@seakeep/core/spi'

export type Tree = Readonly<Record<string, unknown>>

export function serviceNames(data: Tree): readonly string[] {
  return Object.keys(objectOf(data.topology) ?? {})
}

export function faultsOf(data: Tree): readonly Tree[] {
  return (data.faults ?? []) as readonly Tree[]
}

export function workloadsOf(data: Tree): readonly Tree[] {
  return (data.workload ?? []) as readonly Tree[]
}

/** The one key of a fault besides `at`, or of a workload: its kind. */
export function kindIn(part: Tree): string {
  return Object.keys(part).find((key) => key !== 'at') ?? ''
}

/** The scenario without some of its services, and without whatever spoke of them. */
export function withoutServices(data: Tree, gone: ReadonlySet<string>): Tree {
  const topology = Object.entries(objectOf(data.topology) ?? {})
    .filter(([name]) => !gone.has(name))
    .map(([name, service]) => [name, withoutCalls(service as Tree, gone)])
  const speaks = (text: string): boolean => partiesOf(text).some((party) => gone.has(party))
  const thresholds = Object.entries(objectOf(data.thresholds) ?? {})
  return {
    ...data,
    topology: Object.fromEntries(topology),
    workload: workloadsOf(data).flatMap((workload) => withoutTargets(workload, gone)),
    ...(objectOf(data.network)?.between !== undefined && { network: withoutWays(data.network as Tree, speaks) }),
    faults: faultsOf(data).filter((fault) => {
      const target = objectOf(fault[kindIn(fault)])?.target
      return typeof target !== 'string' || !speaks(target)
    }),
    thresholds: Object.fromEntries(
      thresholds.filter(([metric]) => !speaks(metric.slice(0, Math.max(0, metric.lastIndexOf('.'))))),
    ),
    ...(objectOf(data.policies) && { policies: withoutTargetsOf(data.policies as Tree, gone) }),
  }
}

function withoutWays(network: Tree, speaks: (text: string) => boolean): Tree {
  const between = Object.entries(objectOf(network.between) ?? {}).filter(([way]) => !speaks(way))
  return { ...network, between: Object.fromEntries(between) }
}

/** Names in `payments`, `payments#2`, `orders>payments`, `payments/POST /charges`. */
function partiesOf(text: string): readonly string[] {
  return text.split('>').map((one) => one.split(/[#/]/)[0] ?? '')
}

function withoutCalls(service: Tree, gone: ReadonlySet<string>): Tree {
  const result: Record<string, unknown> = { ...service }
  if (Array.isArray(service.calls)) {
    result.calls = service.calls.filter((call: unknown) => !gone.has(partiesOf(String(call))[0] ?? ''))
  }
  if (Array.isArray(service.steps)) result.steps = withoutSteps(service.steps, gone)
  for (const inner of ['methods', 'versions']) {
    const named = objectOf(service[inner])
    if (named === undefined) continue
    const parts = Object.entries(named).map(([name, part]) => [name, withoutCalls((part ?? {}) as Tree, gone)])
    result[inner] = Object.fromEntries(parts)
  }
  return result
}

function withoutSteps(steps: readonly unknown[], gone: ReadonlySet<string>): readonly unknown[] {
  return steps.flatMap((step) => {
    if (Array.isArray(step)) {
      const inner = withoutSteps(step, gone)
      return inner.length === 0 ? [] : [inner]
    }
    const call = objectOf(step)?.call
    return typeof call === 'string' && gone.has(partiesOf(call)[0] ?? '') ? [] : [step]
  })
}

/** No workload where nobody is left to be called. */
function withoutTargets(workload: Tree, gone: ReadonlySet<string>): readonly Tree[] {
  const kind = kindIn(workload)
  const options = objectOf(workload[kind]) ?? {}
  const { to } = options
  if (typeof to === 'string') return gone.has(partiesOf(to)[0] ?? '') ? [] : [workload]
  if (!Array.isArray(to)) return [workload]
  const left = to.filter((one: unknown) => !gone.has(String(objectOf(one)?.service)))
  return left.length === 0 ? [] : [{ [kind]: { ...options, to: left } }]
}

function withoutTargetsOf(policies: Tree, gone: ReadonlySet<string>): Tree {
  const result: Record<string, unknown> = { ...policies }
  for (const section of ['targets', 'inbound']) {
    const entries = objectOf(policies[section])
    if (entries === undefined) continue
    const left = Object.entries(entries).filter(
      ([key]) => !partiesOf(key.split('/')[0] ?? '').some((name) => gone.has(name)),
    )
    result[section] = Object.fromEntries(left)
  }
  return result
}
