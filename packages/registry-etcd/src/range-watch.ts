import { asError } from '@seakeep/core/spi'
import type { RangeResponse, WatchResponse } from './etcd-messages.ts'
import { type Change, RangeState, type RangeStep } from './range-state.ts'

/** Who follows a range of keys. */
export interface RangeSink {
  /** The first time all that is there; then each change, as soon as it is known. */
  changed(changes: readonly Change[]): void
  /** After an {@link error}: the watch stands again, and what was told is still so. */
  resumed(): void
  /** The watch is interrupted, and goes on by itself. Told once until one of the others is. */
  error(error: Error): void
}

/** What a watch needs of the client it belongs to. */
export interface RangeHost {
  list(watch: RangeWatch): Promise<RangeResponse>
  /** Puts it on the stream, and on the next one when that is lost. */
  place(watch: RangeWatch): void
  /** Takes it off. */
  remove(watch: RangeWatch): void
  /** Tells it to {@link RangeWatch.list} after a wait that grows while that does not help. */
  retryLater(watch: RangeWatch): void
}

/** One range of keys, listed and then watched for ever; `range-state.ts` decides which of the two comes next. */
export class RangeWatch implements Disposable {
  readonly key: Uint8Array
  /** Absent: the one key. */
  readonly rangeEnd: Uint8Array | undefined
  readonly state: RangeState = new RangeState()
  isOver = false
  readonly #host: RangeHost
  readonly #sink: RangeSink
  #hasTold = false
  #isInterrupted = false

  constructor(key: Uint8Array, rangeEnd: Uint8Array | undefined, host: RangeHost, sink: RangeSink) {
    this.key = key
    this.rangeEnd = rangeEnd
    this.#host = host
    this.#sink = sink
  }

  /** Never rejects. */
  async list(): Promise<void> {
    if (this.isOver) return
    try {
      const response = await this.#host.list(this)
      if (this.isOver) return
      this.#take(this.state.listed(response))
      if (!this.isOver) this.#host.place(this)
    } catch (error) {
      this.#fail(asError(error))
    }
  }

  /** What the stream brought for this watch. */
  received(message: WatchResponse): void {
    if (!this.isOver) this.#take(this.state.received(message))
  }

  /** The stream is gone; the host opens another and places the watch there. */
  dropped(error: Error): void {
    this.state.dropped()
    this.#interrupt(error)
  }

  [Symbol.dispose](): void {
    if (this.isOver) return
    this.isOver = true
    this.#host.remove(this)
  }

  #take(step: RangeStep): void {
    switch (step.kind) {
      case 'nothing':
        return
      case 'changed':
        return this.#stands(step.changes)
      case 'stands':
        return this.#stands([])
      case 'list':
        this.#host.remove(this)
        void this.list()
        return
      case 'refused':
        this.#fail(new Error(`etcd has ended the watch: ${step.reason || 'no reason given'}`))
    }
  }

  #stands(changes: readonly Change[]): void {
    const wasInterrupted = this.#isInterrupted
    const isNews = changes.length > 0 || !this.#hasTold
    this.#isInterrupted = false
    this.#hasTold = true
    if (isNews) this.#sink.changed(changes)
    else if (wasInterrupted) this.#sink.resumed()
  }

  #fail(error: Error): void {
    this.#host.remove(this)
    if (this.isOver) return
    this.#host.retryLater(this)
    this.#interrupt(error)
  }

  #interrupt(error: Error): void {
    if (this.isOver || this.#isInterrupted) return
    this.#isInterrupted = true
    this.#sink.error(error)
  }
}
