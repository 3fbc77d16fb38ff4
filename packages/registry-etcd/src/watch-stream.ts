import { status } from '@grpc/grpc-js'
import type { Clock, Timer, TimerTask } from '@seakeep/core/spi'
import type { OpenedStream } from './etcd-client.ts'
import type { StreamSink } from './etcd-connection.ts'
import { EtcdError, speaksOfToken } from './etcd-error.ts'
import type { WatchRequest, WatchResponse } from './etcd-messages.ts'
import type { RangeWatch } from './range-watch.ts'

/** Probes in a row that nothing may follow. One is not enough: etcd answers none while a watch of the stream is behind. */
const UNANSWERED = 2

/** Who opened the stream. */
export interface WatchStreamOwner {
  /** The first word of the stream. */
  onAlive(): void
  /** Once, at the end, unless {@link WatchStream.close} was the end. */
  onLost(stream: WatchStream, error: Error): void
}

/**
 * One stream that carries all watches of a client, each under a number of ours. Whether it lives is found out by asking
 * for progress: a connection may be open, and answer pings, while the member behind it is frozen or cut off.
 */
export class WatchStream implements StreamSink<WatchResponse>, TimerTask {
  readonly isBackground = true
  readonly #clock: Clock
  readonly #probeMs: number
  readonly #owner: WatchStreamOwner
  readonly #ranges = new Map<RangeWatch, number>()
  readonly #byId = new Map<number, RangeWatch>()
  /** Numbers that were asked for and not confirmed yet, in that order, in which etcd answers. */
  #asked: number[] = []
  #lastId = 0
  #opened: OpenedStream<WatchRequest> | undefined = undefined
  #isOver = false
  #timer: Timer | undefined = undefined
  #dueMs = 0
  #hasHeard = false
  #hasEverHeard = false
  #unanswered = 0

  constructor(clock: Clock, probeMs: number, owner: WatchStreamOwner) {
    this.#clock = clock
    this.#probeMs = probeMs
    this.#owner = owner
  }

  get size(): number {
    return this.#ranges.size
  }

  /** It is open: what was added meanwhile is asked for. */
  begin(opened: OpenedStream<WatchRequest>): void {
    if (this.#isOver) return opened.cancel()
    this.#opened = opened
    for (const [range, id] of this.#ranges) this.#create(range, id)
    this.#arm()
  }

  add(range: RangeWatch): void {
    const id = ++this.#lastId
    this.#ranges.set(range, id)
    this.#byId.set(id, range)
    if (this.#opened !== undefined) this.#create(range, id)
  }

  remove(range: RangeWatch): void {
    const id = this.#ranges.get(range)
    if (id === undefined) return
    this.#ranges.delete(range)
    this.#byId.delete(id)
    this.#opened?.send({ cancel: { watchId: String(id) } })
  }

  /** Ends it without a word to the owner. */
  close(): void {
    this.#isOver = true
    this.#timer?.cancel()
    this.#opened?.cancel()
  }

  // ---- the stream's sink ----

  message(message: WatchResponse): void {
    if (this.#isOver) return
    this.#hasHeard = true
    if (!this.#hasEverHeard) {
      this.#hasEverHeard = true
      this.#owner.onAlive()
    }
    const id = this.#idOf(message)
    const range = this.#byId.get(id)
    if (message.canceled) {
      if (range !== undefined) this.#ranges.delete(range)
      this.#byId.delete(id)
    }
    range?.received(message)
    // The question for the list was allowed, or there would be none for a watch: it is the stream that is let in no more.
    const isLogin = message.created && /permission denied/.test(message.cancelReason)
    if (message.canceled && (isLogin || speaksOfToken(message.cancelReason))) {
      this.#opened?.giveUpLogin()
      this.#lose(new EtcdError(status.UNAUTHENTICATED, `etcd: ${message.cancelReason}`))
    }
  }

  ended(error: Error): void {
    if (this.#isOver) return
    this.#opened?.giveUpEndpoint()
    this.#lose(error)
  }

  // ---- whether it lives ----

  onTimer(): void {
    if (this.#isOver) return
    // After a turn that took so long, what has come meanwhile is still to be read.
    const wasBusy = this.#clock.now() - this.#dueMs > this.#probeMs / 2
    if (this.#hasHeard || wasBusy || this.#byId.size === 0) this.#unanswered = 0
    else if (this.#unanswered >= UNANSWERED) {
      this.#opened?.giveUpEndpoint()
      const silentMs = (UNANSWERED * this.#probeMs).toFixed()
      return this.#lose(new EtcdError(status.DEADLINE_EXCEEDED, `etcd: the watch was silent for over ${silentMs} ms`))
    }
    this.#hasHeard = false
    // Without a watch on it, the stream has nobody to tell progress to.
    if (this.#byId.size > 0) {
      this.#unanswered++
      this.#opened?.send({ progress: {} })
    }
    this.#arm()
  }

  #arm(): void {
    this.#dueMs = this.#clock.now() + this.#probeMs
    this.#timer = this.#clock.schedule(this.#dueMs, this)
  }

  #create({ key, rangeEnd, state }: RangeWatch, id: number): void {
    this.#asked.push(id)
    this.#opened?.send({
      create: {
        key,
        ...(rangeEnd === undefined ? {} : { rangeEnd }),
        startRevision: String(state.resume),
        progressNotify: true,
        watchId: String(id),
        fragment: true,
      },
    })
  }

  /** etcd has no number for a watch that it does not let come about: then it is the one asked for longest. */
  #idOf({ created, watchId }: WatchResponse): number {
    const id = Number(watchId)
    if (!created) return id
    if (id < 0) return this.#asked.shift() ?? id
    this.#asked = this.#asked.filter((asked) => asked !== id)
    return id
  }

  #lose(error: Error): void {
    this.close()
    this.#owner.onLost(this, error)
  }
}
