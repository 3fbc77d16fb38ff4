/**
 * From many recorded requests of an operation to the one order of calls that all of them share: calls that overlap in
 * time were made in parallel, the others one after another.
 *
 * The n-th call of the same operation is a place of its own, so that a loop becomes as many steps as it took, each with
 * its probability. Two places are parallel where they overlap in a tenth of the requests that have both: a service which
 * waits for one before it sends the other never shows that, whatever the load.
 */
import type { ObservedCall, ObservedOperation, ObservedRequest } from './observed-requests.ts'

/** The n-th call of an operation. */
export interface CallPlace {
  readonly to: ObservedOperation
  /** Requests that made it. */
  count: number
  /** Sum of the share of the request that had passed when it began. */
  begun: number
  /** Which step it belongs to, from 0. */
  stage: number
}

export interface CallStages {
  /** In order; what is in one list runs in parallel. */
  readonly stages: readonly (readonly CallPlace[])[]
  /** Where each call of a request stands, request by request. */
  readonly placed: readonly (readonly CallPlace[])[]
}

const PARALLEL_SHARE = 0.1
/** Calls that overlap for less than this share of the shorter one met by chance or rounding. */
const TOUCH = 0.01
/** A fan-out of hundreds is told from its neighbours as well as from all. */
const NEIGHBOURS = 64

export function callStages(requests: readonly ObservedRequest[]): CallStages {
  const places = new Map<ObservedOperation, CallPlace[]>()
  const overlaps = new Overlaps()
  const placed = requests.map(({ calls, durationMs }) => {
    const used = new Map<ObservedOperation, number>()
    const own = calls.map((call) => {
      const n = used.get(call.to) ?? 0
      used.set(call.to, n + 1)
      const place = placeOf(places, call.to, n)
      place.count++
      place.begun += durationMs > 0 ? call.startMs / durationMs : 0
      return place
    })
    overlaps.note(calls, own)
    return own
  })
  const inOrder = [...places.values()].flat().sort((a, b) => a.begun / a.count - b.begun / b.count)
  const stages: CallPlace[][] = []
  for (const place of inOrder) {
    const last = stages.at(-1)
    if (last?.slice(-NEIGHBOURS).every((other) => overlaps.areParallel(place, other)) === true) last.push(place)
    else stages.push([place])
    place.stage = stages.length - 1
  }
  return { stages, placed }
}

function placeOf(places: Map<ObservedOperation, CallPlace[]>, to: ObservedOperation, n: number): CallPlace {
  let known = places.get(to)
  if (known === undefined) {
    known = []
    places.set(to, known)
  }
  let place = known[n]
  if (place === undefined) {
    place = { to, count: 0, begun: 0, stage: 0 }
    known[n] = place
  }
  return place
}

class Overlaps {
  readonly #counts = new Map<CallPlace, Map<CallPlace, number>>()

  note(calls: readonly ObservedCall[], places: readonly CallPlace[]): void {
    let open: number[] = []
    calls.forEach((call, i) => {
      open = open.filter((k) => (calls[k]?.endMs ?? 0) > call.startMs).slice(-NEIGHBOURS)
      for (const k of open) {
        const [other, a, b] = [calls[k], places[k], places[i]]
        if (other === undefined || a === undefined || b === undefined) continue
        const togetherMs = Math.min(call.endMs, other.endMs) - call.startMs
        const shorterMs = Math.min(call.endMs - call.startMs, other.endMs - other.startMs)
        if (togetherMs > shorterMs * TOUCH) this.#add(a, b)
      }
      open.push(i)
    })
  }

  areParallel(a: CallPlace, b: CallPlace): boolean {
    const together = (this.#counts.get(a)?.get(b) ?? 0) + (this.#counts.get(b)?.get(a) ?? 0)
    return together > 0 && together >= PARALLEL_SHARE * Math.min(a.count, b.count)
  }

  #add(a: CallPlace, b: CallPlace): void {
    let own = this.#counts.get(a)
    if (own === undefined) {
      own = new Map()
      this.#counts.set(a, own)
    }
    own.set(b, (own.get(b) ?? 0) + 1)
  }
}
