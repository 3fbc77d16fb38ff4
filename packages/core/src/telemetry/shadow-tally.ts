import { type StateCell, WritableCell } from '../state/state-cell.ts'
import type { Clock, TimerTask } from '../time/clock.ts'
import type { EventSink, ShadowAct, ShadowEvent } from './events.ts'

/** How often layers in `mode: shadow` would have acted, by what they would have done. */
export type ShadowCounts = { readonly [Act in ShadowAct]?: number }

/** Who is told of each act that was not done. */
export interface ShadowCounter {
  count(act: ShadowAct): void
}

/** Has a counter, and makes it when it is asked for: most have nothing in shadow. */
export interface ShadowHost {
  readonly shadow: ShadowCounter
}

/** How often it is told at most, after the first. */
const TELL_MS = 1000

/**
 * Counts what layers in `mode: shadow` would have done. `value` is read live; `changes$` and the event tell of the first,
 * and then at most once a second of all since: in an overload that is what there is most of.
 */
export class ShadowTally implements StateCell<ShadowCounts>, ShadowCounter, TimerTask {
  readonly isBackground = true
  readonly #clock: Clock
  readonly #events: EventSink
  readonly #service: string
  readonly #type: ShadowEvent['type']
  readonly #counts: Counting = {}
  readonly #cell = new WritableCell<ShadowCounts>({})
  /** Since it was told last. */
  #untold: Counting | undefined = undefined
  #isWaiting = false

  /** `type`: `shadowRefused` for the requests of an instance, `shadowCounted` for calls. */
  constructor(clock: Clock, events: EventSink, service: string, type: ShadowEvent['type']) {
    this.#clock = clock
    this.#events = events
    this.#service = service
    this.#type = type
  }

  get value(): ShadowCounts {
    return { ...this.#counts }
  }

  get changes$(): StateCell<ShadowCounts>['changes$'] {
    return this.#cell.changes$
  }

  count(act: ShadowAct): void {
    this.#counts[act] = (this.#counts[act] ?? 0) + 1
    this.#untold ??= {}
    this.#untold[act] = (this.#untold[act] ?? 0) + 1
    if (!this.#isWaiting) this.#tell()
  }

  onTimer(): void {
    this.#isWaiting = false
    if (this.#untold !== undefined) this.#tell()
  }

  #tell(): void {
    const atMs = this.#clock.now()
    const counts = this.#untold ?? {}
    this.#untold = undefined
    this.#isWaiting = true
    this.#clock.schedule(atMs + TELL_MS, this)
    this.#cell.set(this.value)
    this.#events.emit({ type: this.#type, atMs, service: this.#service, counts })
  }
}

type Counting = { -readonly [Act in ShadowAct]?: number }
