import { asError, RetryWait, type Timer } from '@seakeep/core/spi'
import type { EtcdClient } from './etcd-client.ts'
import type { RangeResponse } from './etcd-messages.ts'
import { RANGE, WATCH } from './etcd-methods.ts'
import { type RangeHost, type RangeSink, RangeWatch } from './range-watch.ts'
import { WatchStream, type WatchStreamOwner } from './watch-stream.ts'

/** All that a client watches: one stream for it, opened anew for ever, at another endpoint each time. */
export class WatchHub implements RangeHost, WatchStreamOwner {
  readonly #client: EtcdClient
  readonly #waits: RetryWait
  /** Those that have their list, and belong on the stream. */
  readonly #placed = new Set<RangeWatch>()
  /** Those that wait to ask for it again, with their waits. */
  readonly #retries = new Map<RangeWatch, { readonly waits: RetryWait; timer: Timer | undefined }>()
  #stream: WatchStream | undefined = undefined
  #timer: Timer | undefined = undefined
  #isClosed = false

  constructor(client: EtcdClient) {
    this.#client = client
    this.#waits = this.#newWaits()
  }

  /** Follows a range of keys, or the one `key`. Nothing is told before this returns. */
  watch(key: Uint8Array, rangeEnd: Uint8Array | undefined, sink: RangeSink): Disposable {
    const range = new RangeWatch(key, rangeEnd, this, sink)
    void range.list()
    return range
  }

  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
    this.#stream?.close()
    for (const range of [...this.#placed, ...this.#retries.keys()]) range[Symbol.dispose]()
  }

  // ---- RangeHost ----

  list({ key, rangeEnd }: RangeWatch): Promise<RangeResponse> {
    return this.#client.ask(RANGE, rangeEnd === undefined ? { key } : { key, rangeEnd })
  }

  place(range: RangeWatch): void {
    this.#retries.delete(range)
    this.#placed.add(range)
    if (this.#stream !== undefined) this.#stream.add(range)
    else if (this.#timer === undefined) void this.#open()
  }

  remove(range: RangeWatch): void {
    this.#placed.delete(range)
    if (range.isOver) {
      this.#retries.get(range)?.timer?.cancel()
      this.#retries.delete(range)
    }
    this.#stream?.remove(range)
    if (this.#stream === undefined || this.#stream.size > 0 || this.#placed.size > 0) return
    this.#stream.close()
    this.#stream = undefined
  }

  retryLater(range: RangeWatch): void {
    if (this.#isClosed) return
    const retry = this.#retries.get(range) ?? { waits: this.#newWaits(), timer: undefined }
    this.#retries.set(range, retry)
    retry.timer = this.#later(retry.waits.next(), () => void range.list())
  }

  // ---- WatchStreamOwner ----

  onAlive(): void {
    this.#waits.reset()
  }

  onLost(stream: WatchStream, error: Error): void {
    if (stream !== this.#stream) return
    this.#stream = undefined
    this.#timer = this.#later(this.#waits.next(), () => {
      this.#timer = undefined
      if (this.#placed.size > 0) void this.#open()
    })
    for (const range of [...this.#placed]) range.dropped(error)
  }

  /** Never rejects. */
  async #open(): Promise<void> {
    const { clock } = this.#client.ports
    const stream = new WatchStream(clock, this.#client.options.probeIntervalMs, this)
    this.#stream = stream
    for (const range of this.#placed) stream.add(range)
    try {
      stream.begin(await this.#client.open(WATCH, stream))
    } catch (error) {
      stream.ended(asError(error))
    }
  }

  #newWaits(): RetryWait {
    const { initialMs, maxMs } = this.#client.options.retry
    return new RetryWait(initialMs, maxMs, this.#client.ports.random, 'etcd/watch')
  }

  #later(delayMs: number, run: () => void): Timer {
    const { clock } = this.#client.ports
    return clock.schedule(clock.now() + delayMs, { isBackground: true, onTimer: run })
  }
}
