/**
 * What failed calls do to their request: whether it goes on without them, and what it fails of by itself. A call is
 * optional where at least half of the requests in which it failed were answered well.
 */
import type { CallPlace, CallStages } from './call-stages.ts'
import type { ObservedOperation } from './observed-requests.ts'

export class CallFailures {
  readonly #optional = new Set<CallPlace>()
  readonly #reached: number[]
  readonly errorRate: number

  constructor({ requests }: ObservedOperation, { stages, placed }: CallStages) {
    const survived = new Map<CallPlace, { of: number; fine: number }>()
    requests.forEach(({ calls, isError }, i) => {
      calls.forEach((call, k) => {
        const place = placed[i]?.[k]
        if (!call.isError || place === undefined) return
        const known = survived.get(place) ?? { of: 0, fine: 0 }
        survived.set(place, known)
        known.of++
        if (!isError) known.fine++
      })
    })
    for (const [place, { of, fine }] of survived) if (2 * fine >= of) this.#optional.add(place)

    this.#reached = stages.map(() => 0)
    let [whole, errors] = [0, 0]
    requests.forEach(({ calls, isError }, i) => {
      let last = stages.length
      calls.forEach((call, k) => {
        const place = placed[i]?.[k]
        if (call.isError && place !== undefined && !this.#optional.has(place)) last = Math.min(last, place.stage)
      })
      for (let stage = 0; stage < stages.length && stage <= last; stage++) {
        this.#reached[stage] = (this.#reached[stage] ?? 0) + 1
      }
      if (last < stages.length) return
      whole++
      if (isError) errors++
    })
    this.errorRate = whole === 0 ? 0 : errors / whole
  }

  isOptional(place: CallPlace): boolean {
    return this.#optional.has(place)
  }

  /** Requests that no failed call had ended before this stage; at least 1. */
  reached(stage: number): number {
    return Math.max(1, this.#reached[stage] ?? 0)
  }
}
