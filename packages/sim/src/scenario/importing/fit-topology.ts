/**
 * Makes a topology of observed requests: for each operation its calls in order, with their probabilities, the work that
 * is left when they are subtracted, and its own errors.
 *
 * What is subtracted is what the simulator will put back: per step the longest of its parallel calls, each as long as
 * the called operation takes on the whole and the network twice. So each operation's mean is that of the traces, also
 * where its calls were staggered, or the way to one service is longer than to another: that is the caller's work then.
 */

import { counted } from '../said.ts'
import type { OperationData, ServiceData, StepData } from '../scenario-data.ts'
import { CallFailures } from './call-failures.ts'
import { type CallPlace, type CallStages, callStages } from './call-stages.ts'
import { equalShares, type FittedKind, fitDistribution } from './fit-distribution.ts'
import { foreignNames } from './foreign-names.ts'
import { BARE_MAX_DEPTH, ImportedTopology } from './imported-topology.ts'
import { type Observed, type ObservedOperation, observeRequests } from './observed-requests.ts'
import { operationData } from './operation-data.ts'
import { rounded, roundedLength } from './rounded-length.ts'
import type { TraceFile } from './trace-span.ts'

/** How finely a distribution is known when several are put together. */
const FINENESS = 200

export function fitTopology({ spans, remarks }: TraceFile, file: string): ImportedTopology {
  const observed = observeRequests(spans)
  return new TopologyFit(observed, file).fit(spans.length, [...remarks, ...observed.remarks])
}

class TopologyFit {
  readonly #observed: Observed
  readonly #file: string
  readonly #roundTripMs: number
  readonly #kinds = new Map<FittedKind, number>()
  readonly #durations = new Map<ObservedOperation, Float64Array>()
  readonly #calls = new Map<ObservedOperation, readonly ObservedOperation[]>()
  /** Operations whose calls take longer than they do themselves. */
  readonly #overfull: string[] = []

  constructor(observed: Observed, file: string) {
    this.#observed = observed
    this.#file = file
    this.#roundTripMs = roundTripOf(observed)
    for (const operation of observed.operations) {
      const sorted = Float64Array.from(operation.requests, (request) => request.durationMs).sort()
      this.#durations.set(operation, Float64Array.from(equalShares(sorted, FINENESS)))
    }
  }

  fit(spans: number, remarks: readonly string[]): ImportedTopology {
    const { operations, entries, instances, unawaited, depth } = this.#observed
    const names = foreignNames(
      operations.map(({ service }) => service),
      this.#file,
    )
    const nameOf = ({ service }: ObservedOperation): string => names.ours.get(service) ?? service
    const targetOf = (operation: ObservedOperation): string => `${nameOf(operation)}/${operation.method}`

    const topology: Record<string, ServiceData> = Object.create(null)
    const methods = new Map<string, Record<string, OperationData>>()
    for (const operation of operations) {
      const service = nameOf(operation)
      const known = methods.get(service) ?? Object.create(null)
      methods.set(service, known)
      known[operation.method] = this.#fitOperation(operation, targetOf)
      topology[service] ??= { replicas: Math.max(1, instances.get(operation.service)?.size ?? 1), methods: known }
    }
    const shares = [...entries].map(([operation, share]) => ({ service: targetOf(operation), share }))
    const isCircular = this.#goesInCircles()
    const maxDepth = Math.max(BARE_MAX_DEPTH, depth)
    const warnings = [...names.warnings, ...remarks.map((remark) => `${this.#file}: ${remark}`)]
    for (const [edge, count] of unawaited) {
      const times = count === 1 ? 'once' : `${count} times`
      warnings.push(`${this.#file}: ${edge} is called ${times} without waiting; such calls enter on their own`)
    }
    if (this.#overfull.length > 0) {
      const some = this.#overfull.slice(0, 5).join(', ')
      const more = this.#overfull.length > 5 ? ` and ${this.#overfull.length - 5} more` : ''
      warnings.push(
        `${this.#file}: no work is left beside the calls of ${some}${more}; they come out slower than traced`,
      )
    }
    return new ImportedTopology(topology, shares, warnings, {
      inferred: this.#inferred(spans),
      guessed: this.#guessed(isCircular ? maxDepth : undefined),
      remarks: this.#remarks(nameOf),
      latency: roundedLength(this.#roundTripMs / 2),
      ...(isCircular ? { maxDepth } : {}),
    })
  }

  #fitOperation(operation: ObservedOperation, targetOf: (to: ObservedOperation) => string): OperationData {
    const staged = callStages(operation.requests)
    const failures = new CallFailures(operation, staged)
    const { errorRate } = failures
    const chance = (place: CallPlace): number => Math.min(1, place.count / failures.reached(place.stage))
    const steps = this.#workSteps(operation, staged, failures)
    for (const stage of staged.stages) {
      const calls = stage.map((place): StepData => {
        const probability = rounded(chance(place))
        return {
          call: targetOf(place.to),
          ...(probability === 1 ? {} : { probability }),
          ...(failures.isOptional(place) ? { optional: true } : {}),
        }
      })
      const [only, ...others] = calls
      if (only !== undefined) steps.push(others.length === 0 ? only : calls)
    }
    this.#calls.set(operation, [...new Set(staged.stages.flat().map(({ to }) => to))])
    return { ...operationData(steps), ...(errorRate > 0 ? { errorRate: rounded(errorRate) } : {}) }
  }

  /** What is left of each request beside its calls; together they have the mean that makes the operation's come out. */
  #workSteps(operation: ObservedOperation, { stages, placed }: CallStages, failures: CallFailures): StepData[] {
    const { requests } = operation
    const left = requests.map(({ calls, durationMs }, i) => {
      const longest = new Map<number, number>()
      calls.forEach(({ servedMs }, k) => {
        const stage = placed[i]?.[k]?.stage ?? 0
        longest.set(stage, Math.max(longest.get(stage) ?? 0, servedMs + this.#roundTripMs))
      })
      return Math.max(0, durationMs - [...longest.values()].reduce((sum, ms) => sum + ms, 0))
    })
    const meanMs = requests.reduce((sum, { durationMs }) => sum + durationMs, 0) / requests.length
    const callsMs = stages.map((stage, i) => {
      const reached = failures.reached(i)
      return (reached / requests.length) * this.#longestMs(stage, reached)
    })
    const targetMs = meanMs - callsMs.reduce((sum, ms) => sum + ms, 0)
    // Fractions of a percent are what put-together distributions are known to.
    if (targetMs < -0.01 * meanMs) this.#overfull.push(`${operation.service}/${operation.method}`)
    const leftMs = left.reduce((sum, ms) => sum + ms, 0) / left.length
    const scaled = leftMs > 0 ? left.map((ms) => (ms * Math.max(0, targetMs)) / leftMs) : [Math.max(0, targetMs)]
    const { kind, data } = fitDistribution(scaled)
    if (data === undefined) return []
    this.#kinds.set(kind, (this.#kinds.get(kind) ?? 0) + 1)
    return [{ work: data }]
  }

  /** The mean of the longest of these calls, each made by chance and as long as its operation takes: exact. */
  #longestMs(stage: readonly CallPlace[], reached: number): number {
    const calls = stage.map(({ to, count }) => ({
      made: Math.min(1, count / reached),
      lengths: this.#durations.get(to) ?? new Float64Array(1),
      next: 0,
    }))
    const ends = calls.flatMap(({ lengths }, call) => [...lengths].map((ms) => ({ ms: ms + this.#roundTripMs, call })))
    ends.sort((a, b) => a.ms - b.ms)
    // The integral of 1 - F, where F is the product of the calls' own distribution functions, 1 - p below the first.
    let [meanMs, atMs] = [0, 0]
    let [logs, zeros] = [0, 0]
    const count = (made: number, share: number, sign: number): void => {
      const f = 1 - made + made * share
      if (f <= 0) zeros += sign
      else logs += sign * Math.log(f)
    }
    for (const { made } of calls) count(made, 0, 1)
    for (const { ms, call: index } of ends) {
      const call = calls[index]
      if (call === undefined) continue
      meanMs += (ms - atMs) * (1 - (zeros > 0 ? 0 : Math.exp(logs)))
      atMs = ms
      count(call.made, call.next / call.lengths.length, -1)
      call.next++
      count(call.made, call.next / call.lengths.length, 1)
    }
    return meanMs
  }

  #goesInCircles(): boolean {
    const finished = new Set<ObservedOperation>()
    for (const root of this.#calls.keys()) {
      const path = new Set<ObservedOperation>()
      const open: { readonly operation: ObservedOperation; next: number }[] = []
      const enter = (operation: ObservedOperation): boolean => {
        if (path.has(operation)) return true
        if (finished.has(operation)) return false
        path.add(operation)
        open.push({ operation, next: 0 })
        return false
      }
      enter(root)
      for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
        const next = this.#calls.get(top.operation)?.[top.next++]
        if (next === undefined) {
          open.pop()
          path.delete(top.operation)
          finished.add(top.operation)
        } else if (enter(next)) return true
      }
    }
    return false
  }

  #inferred(spans: number): string[] {
    const { operations, roundTripsMs } = this.#observed
    const services = new Set(operations.map(({ service }) => service)).size
    const requests = operations.reduce((sum, operation) => sum + operation.requests.length, 0)
    const kinds = [...this.#kinds].map(([kind, count]) => `${count} ${kind}`).join(', ')
    const pairs = [...roundTripsMs.values()].reduce((sum, all) => sum + all.length, 0)
    return [
      `${counted(spans, 'span')}: ${counted(requests, 'request')} to ${counted(operations.length, 'operation')} of ${counted(services, 'service')}.`,
      `Work is what is left of a request beside its calls, fitted per operation: ${kinds || 'none has any'}.`,
      ...(pairs === 0
        ? []
        : [
            `Network ${roundedLength(this.#roundTripMs / 2)} each way, from ${counted(pairs, 'pair')} of client and server spans: ` +
              'the lower quartile of the edges’ medians; what an edge takes beyond it is its caller’s work.',
          ]),
      'Calls that overlap in a tenth of the requests are parallel; the others are in order.',
      'Shares of load are the requests nobody in the file called.',
    ]
  }

  #guessed(maxDepth: number | undefined): string[] {
    const { operations, roundTripsMs, instances } = this.#observed
    const unseen = new Set(operations.filter(({ isUnseen }) => isUnseen).map(({ service }) => service))
    const unknown = new Set(operations.map(({ service }) => service).filter((service) => !instances.has(service))).size
    return [
      'How much load there is: --rate sets it.',
      'How many requests an instance works on at once (concurrency) and lets wait: no limit is set.',
      unknown === 0
        ? 'Replicas are the instances seen; there may be more.'
        : `Replicas are the instances seen; ${counted(unknown, 'service tells none apart and has 1', 'services tell none apart and have 1 each')}.`,
      ...(roundTripsMs.size === 0
        ? [
            'The network: no client span has its server span beside it; its time is in the callers’ work, and latency is 0.',
          ]
        : []),
      ...(unseen.size === 0 ? [] : [`${[...unseen].join(', ')}: known from their callers’ spans only.`]),
      ...(maxDepth === undefined ? [] : [`Calls go in circles: maxDepth ${maxDepth} ends them.`]),
    ]
  }

  #remarks(nameOf: (operation: ObservedOperation) => string): Map<string, string> {
    const totals = new Map<string, { count: number; ms: number; errors: number }>()
    for (const operation of this.#observed.operations) {
      const total = totals.get(nameOf(operation)) ?? { count: 0, ms: 0, errors: 0 }
      totals.set(nameOf(operation), total)
      for (const { durationMs, isError } of operation.requests) {
        total.count++
        total.ms += durationMs
        if (isError) total.errors++
      }
    }
    return new Map(
      [...totals].map(([service, { count, ms, errors }]) => {
        const failed = errors === 0 ? '' : `, ${errors} failed`
        return [service, `${counted(count, 'request')}, ${roundedLength(ms / count)} on average${failed}`]
      }),
    )
  }
}

/** Twice the latency of the network. A quarter of the edges is nearer than this, so that it takes too much from few. */
function roundTripOf({ roundTripsMs }: Observed): number {
  const medians = [...roundTripsMs.values()].map((samples) => quantile(samples, 0.5))
  const roundTripMs = medians.length === 0 ? 0 : quantile(medians, 0.25)
  // The simulator's packets take whole microseconds.
  return (2 * Math.round((roundTripMs / 2) * 1000)) / 1000
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) * share)] ?? 0
}
