import type { CallRequest, StartOptions } from '../call/call.ts'
import type { CallOutcome } from '../call/outcome.ts'
import { CallKeys, keyUnderWay } from './call-key.ts'
import type { ResolvedCoalesceOptions } from './coalesce-options.ts'
import { isSameSharing } from './sharing-options.ts'
import { type FlightWaiter, type Seat, SingleFlight } from './single-flight.ts'

/** The calls of one target that are under way, for those who want the same. */
export class Coalescing {
  #options: ResolvedCoalesceOptions
  #keys: CallKeys
  readonly #flights: SingleFlight<CallOutcome>

  /** `report` is told what a waiter has thrown; it must not throw. */
  constructor(service: string, options: ResolvedCoalesceOptions, report: (error: unknown) => void) {
    this.#options = options
    this.#keys = new CallKeys(service, options.sharing)
    this.#flights = new SingleFlight(options.maxKeys, report)
  }

  /** The key of a request; undefined where it must not share. */
  keyOf(request: CallRequest, options: StartOptions): string | undefined {
    return this.#keys.underWay(request, options)
  }

  /** The key of what is no request. */
  keyFor(coalesceKey: string, options: StartOptions): string {
    return keyUnderWay(coalesceKey, options)
  }

  /** A place among those who wait for the call of that key; undefined where there is no room. */
  join(key: string, waiter: FlightWaiter<CallOutcome>): Seat<CallOutcome> | undefined {
    return this.#flights.join(key, waiter)
  }

  /** What is under way goes on; where other calls are equal now, nobody else joins it. */
  update(options: ResolvedCoalesceOptions): void {
    if (!isSameSharing(options.sharing, this.#options.sharing)) this.#keys = this.#keys.next(options.sharing)
    this.#flights.resize(options.maxKeys)
    this.#options = options
  }
}
