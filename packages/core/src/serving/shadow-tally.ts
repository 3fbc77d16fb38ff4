import type { RejectionReason } from '../errors/seakeep-error.ts'
import { type StateCell, WritableCell } from '../state/state-cell.ts'
import type { EventSink } from '../telemetry/events.ts'
import type { Clock, TimerTask } from '../time/clock.ts'

/** Requests that would have been refused, by what would have been the reason. */
export type ShadowCounts = { readonly [Reason in RejectionReason]?: number }

/** How often it is told at most, after the first. */
const TELL_MS = 1000

/**
 * Counts what layers in `mode: shadow` would have refused. `value` is read live; `changes$` and the event `shadowRefused`
 * tell of the first, and then at most once a second of all since: in an overload that is what there is most of.
 */
export class ShadowTally implements StateCell<ShadowCounts>, TimerTask {
  readonly isBackground = true
  readonly #clock: Clock
  readonly #events: EventSink
  readonly #service: string
  readonly #counts: { [Reason in RejectionReason]?: number } = {}
  readonly #cell = new WritableCell<ShadowCounts>({})
  /** Since it was told last. */
  #untold: { [Reason in RejectionReason]?: number } | undefined = undefined
  #isWaiting = false

  constructor(clock: Clock, events: EventSink, service: string) {
    this.#clock = clock
    this.#events = events
    this.#service = service
  }

  get value(): ShadowCounts {
    return { ...this.#counts }
  }

  get changes$(): StateCell<ShadowCounts>['changes$'] {
    return this.#cell.changes$
  }

  count(reason: RejectionReason): void {
    this.#counts[reason] = (this.#counts[reason] ?? 0) + 1
    this.#untold ??= {}
    this.#untold[reason] = (this.#untold[reason] ?? 0) + 1
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
    this.#events.emit({ type: 'shadowRefused', atMs, service: this.#service, counts })
  }
}
