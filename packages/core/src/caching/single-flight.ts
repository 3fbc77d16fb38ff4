import type { Cancel } from '../call/call.ts'
import { LinkedList } from '../state/linked-list.ts'

/** Somebody who wants an answer that another may be fetching already. */
export interface FlightWaiter<Result> {
  /** Until when it waits, as an instant; `Infinity` for as long as it takes. It keeps its own time, and leaves. */
  readonly deadlineMs: number
  /** Told once how the work ended, unless it has left. */
  onLanded(result: Result): void
}

/** One waiter's place in a flight. */
export interface Seat<Result> {
  /** True for the first: it starts the work, and says how that is called off ({@link Flight.lead}). */
  readonly isLeader: boolean
  readonly flight: Flight<Result>
  /** Gives up: nothing is told it any more. With the last the work is called off. After the end it does nothing. */
  leave(): void
}

/**
 * Who waits for what is under way, by key: equal work is done once, and all who want it are told (the "single flight" of
 * Go's x/sync). It knows neither time nor calls.
 *
 * The work belongs to all who wait, not to the first: whoever gives up leaves alone, the leader too, and the work goes on
 * until it ends or nobody waits. So it is to be started under the policy's timeout and not under the leader's deadline;
 * as each waiter leaves at its own, it never runs past the latest of theirs.
 */
export class SingleFlight<Result> {
  readonly #flights: Map<string, Flight<Result>> = new Map()
  #maxKeys: number
  readonly #report: (error: unknown) => void

  /** `report` is told what a waiter has thrown; it must not throw. */
  constructor(maxKeys: number, report: (error: unknown) => void) {
    this.#maxKeys = maxKeys
    this.#report = report
  }

  /** Flights under way. */
  get size(): number {
    return this.#flights.size
  }

  /** A place in the flight for `key`, a new one where there is none; undefined where there is no room: go alone. */
  join(key: string, waiter: FlightWaiter<Result>): Seat<Result> | undefined {
    const flight = this.#flights.get(key)
    if (flight !== undefined) return flight.board(waiter, false)
    if (this.#flights.size >= this.#maxKeys) return undefined
    const begun = new Flight<Result>(() => this.#flights.delete(key), this.#report)
    this.#flights.set(key, begun)
    return begun.board(waiter, true)
  }

  /** Fewer than before end nothing that is under way. */
  resize(maxKeys: number): void {
    this.#maxKeys = maxKeys
  }
}

/** Work that is under way, and those who wait for it. Made by {@link SingleFlight.join}. */
export class Flight<Result> {
  /** The latest instant until which anybody who has joined waits. */
  deadlineMs: number = Number.NEGATIVE_INFINITY
  /** No place can be had any more: the work has ended or was called off. */
  isOver = false
  readonly #onOver: () => void
  readonly #report: (error: unknown) => void
  readonly #seats: LinkedList<WaiterSeat<Result>> = new LinkedList()
  #cancel: Cancel | undefined = undefined
  #isLanded = false

  constructor(onOver: () => void, report: (error: unknown) => void) {
    this.#onOver = onOver
    this.#report = report
  }

  /** How many wait. */
  get waiting(): number {
    return this.#seats.size
  }

  /** Says how the work is called off; at once where everybody has left while it was being started. */
  lead(cancel: Cancel): void {
    if (this.#isLanded) return
    if (this.isOver) cancel('cancelled')
    else this.#cancel = cancel
  }

  /** The work has ended. Whoever waits is told, in the order they came; who wants the same from now on begins anew. */
  land(result: Result): void {
    if (this.isOver) return
    this.#isLanded = true
    this.#end()
    for (let seat = this.#seats.shift(); seat !== undefined; seat = this.#seats.shift()) {
      seat.isWaiting = false
      try {
        seat.waiter.onLanded(result)
      } catch (error) {
        this.#report(error)
      }
    }
  }

  /** For {@link SingleFlight}. */
  board(waiter: FlightWaiter<Result>, isLeader: boolean): Seat<Result> {
    const seat = new WaiterSeat(this, waiter, isLeader)
    this.#seats.append(seat)
    this.deadlineMs = Math.max(this.deadlineMs, waiter.deadlineMs)
    return seat
  }

  /** For {@link Seat.leave}. */
  onLeave(seat: WaiterSeat<Result>): void {
    seat.isWaiting = false
    this.#seats.remove(seat)
    if (this.waiting > 0 || this.isOver) return
    const cancel = this.#cancel
    this.#end()
    cancel?.('cancelled')
  }

  #end(): void {
    this.isOver = true
    this.#cancel = undefined
    this.#onOver()
  }
}

class WaiterSeat<Result> implements Seat<Result> {
  readonly flight: Flight<Result>
  readonly waiter: FlightWaiter<Result>
  readonly isLeader: boolean
  isWaiting = true
  previous: WaiterSeat<Result> | undefined = undefined
  next: WaiterSeat<Result> | undefined = undefined

  constructor(flight: Flight<Result>, waiter: FlightWaiter<Result>, isLeader: boolean) {
    this.flight = flight
    this.waiter = waiter
    this.isLeader = isLeader
  }

  leave(): void {
    if (this.isWaiting) this.flight.onLeave(this)
  }
}
