/**
 * Ways to make a scenario smaller that are tried one after the other: fewer instances, less time, less load. Each gives
 * candidates, the boldest first; lengths and rates come out in figures that people write.
 */
import { durationText, millisecondsOf, objectOf } from '@seakeep/core/spi'
import { faultsOf, kindIn, type Tree, workloadsOf } from './scenario-tree.ts'

export type Cut = (data: Tree) => readonly Tree[]

/** One instance of each service at once, then half of each. */
export const fewerEverywhere: Cut = (data) => {
  const topology = servicesOf(data)
  const large = topology.filter(([, service]) => replicasOf(service) > 1)
  if (large.length === 0) return []
  const all = (change: (replicas: number) => number): Tree =>
    withServices(
      data,
      topology.map(([name, service]) => [name, withReplicas(service, change)]),
    )
  return [all(() => 1), all((replicas) => Math.ceil(replicas / 2))]
}

export function fewerOf(name: string): Cut {
  return (data) => {
    const service = servicesOf(data).find(([one]) => one === name)?.[1]
    if (service === undefined) return []
    const sizes = smaller(replicasOf(service), 1)
    return sizes.map((size) =>
      withServices(
        data,
        servicesOf(data).map(([one, value]) => [one, one === name ? withReplicas(value, () => size) : value]),
      ),
    )
  }
}

/** Ends sooner: after the last fault has ended, then after ever more of the time there is. */
export const shorter: Cut = (data) => {
  const whole = lengthOf(data.duration, 60_000)
  return smaller(whole, 1000).map((length) => ({ ...data, duration: durationText(length) }))
}

/** Faults, and with them the end, come sooner. */
export const sooner: Cut = (data) => {
  const faults = faultsOf(data)
  const firstMs = Math.min(...faults.map(({ at }) => lengthOf(at, 0)))
  const idle = firstMs - lengthOf(data.warmup, 0)
  if (faults.length === 0 || idle <= 1000) return []
  return [idle - 1000, idle / 2, idle / 4]
    .map((ms) => niceDown(ms))
    .filter((ms) => ms >= 1000)
    .map((ms) => ({
      ...data,
      duration: durationText(lengthOf(data.duration, 60_000) - ms),
      faults: faults.map((fault) => ({ ...fault, at: durationText(lengthOf(fault.at, 0) - ms) })),
    }))
}

/** A fault that is over sooner. */
export function shorterFault(index: number): Cut {
  return (data) => {
    const fault = faultsOf(data)[index]
    const kind = fault === undefined ? '' : kindIn(fault)
    const options = objectOf(fault?.[kind])
    const field = kind === 'crash' || kind === 'drain' ? 'restartAfter' : 'for'
    const ms = options?.[field] === undefined ? undefined : millisecondsOf(options[field])
    if (fault === undefined || ms === undefined) return []
    return smaller(ms, 100).map((length) => ({
      ...data,
      faults: faultsOf(data).map((one, i) =>
        i === index ? { ...one, [kind]: { ...options, [field]: durationText(length) } } : one,
      ),
    }))
  }
}

/** What an open workload may have that says how much it asks for; a ramp and a recording stay as they are. */
const LOADS = ['rate', 'peak', 'burstRate', 'mean', 'amplitude', 'clients']

/** A workload that asks for less: calls a second, or users. */
export function lessLoad(index: number): Cut {
  return (data) => {
    const workload = workloadsOf(data)[index]
    if (workload === undefined) return []
    const kind = kindIn(workload)
    const options = objectOf(workload[kind]) ?? {}
    return (kind === 'closedLoop' ? ['clients'] : LOADS).flatMap((one) => {
      const amount = options[one]
      if (typeof amount !== 'number') return []
      return smaller(amount, 1).map((less) => ({
        ...data,
        workload: workloadsOf(data).map((other, i) => (i === index ? { [kind]: { ...options, [one]: less } } : other)),
      }))
    })
  }
}

/** `amount` made smaller, the boldest first, each a figure of two digits, none below `least`. */
function smaller(amount: number, least: number): readonly number[] {
  const steps = [least, amount / 10, amount / 4, amount / 2, amount * 0.75, amount * 0.9].map((one) =>
    Math.max(least, niceDown(one)),
  )
  return [...new Set(steps)].filter((one) => one < amount)
}

/** Two digits, rounded down. */
function niceDown(value: number): number {
  if (value < 10) return Math.floor(value)
  const step = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 1)
  return Math.floor(value / step) * step
}

export function lengthOf(value: unknown, otherwise: number): number {
  return value === undefined ? otherwise : (millisecondsOf(value as string) ?? otherwise)
}

function servicesOf(data: Tree): readonly (readonly [string, Tree])[] {
  return Object.entries(objectOf(data.topology) ?? {}).map(([name, service]) => [name, (service ?? {}) as Tree])
}

function withServices(data: Tree, services: readonly (readonly [string, Tree])[]): Tree {
  return { ...data, topology: Object.fromEntries(services) }
}

function replicasOf(service: Tree): number {
  return typeof service.replicas === 'number' ? service.replicas : 1
}

function withReplicas(service: Tree, change: (replicas: number) => number): Tree {
  return typeof service.replicas === 'number' ? { ...service, replicas: change(service.replicas) } : service
}
