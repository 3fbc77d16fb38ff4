import { asError } from '../errors/as-error.ts'
import type { EventSink } from '../telemetry/events.ts'
import type { Clock } from '../time/clock.ts'
import type { BoardSink, SharedBoard } from './shared-board.ts'

export interface TopicPorts {
  readonly board: SharedBoard
  readonly clock: Clock
  readonly events: EventSink
}

/**
 * One topic of a board as one part of a runtime uses it: says one thing at a time, and follows the others from when it first
 * wants to know. The only place that speaks to a board: one that throws is reported and harms no call.
 */
export class Topic {
  readonly name: string
  readonly #ports: TopicPorts
  #watch: Disposable | undefined = undefined
  #note: Disposable | undefined = undefined
  #isFollowing = false
  #isClosed = false

  constructor(name: string, ports: TopicPorts) {
    this.name = name
    this.#ports = ports
  }

  /** Follows the topic, unless it does. The sink may be told before this returns. */
  follow(sink: BoardSink): void {
    if (this.#isFollowing || this.#isClosed) return
    this.#isFollowing = true
    this.#guard(() => {
      this.#watch = this.#ports.board.watch(this.name, sink)
    })
  }

  say(note: string, ttlMs: number): void {
    if (this.#isClosed) return
    this.#guard(() => {
      this.#note = this.#ports.board.publish(this.name, note, ttlMs)
    })
  }

  /** Takes back what it said last. */
  hush(): void {
    const note = this.#note
    this.#note = undefined
    if (note !== undefined) this.#guard(() => note[Symbol.dispose]())
  }

  close(): void {
    this.#isClosed = true
    this.hush()
    const watch = this.#watch
    this.#watch = undefined
    if (watch !== undefined) this.#guard(() => watch[Symbol.dispose]())
  }

  #guard(act: () => void): void {
    try {
      act()
    } catch (thrown) {
      const { clock, events } = this.#ports
      const error = asError(thrown)
      events.emit({ type: 'listenerFailed', atMs: clock.now(), name: this.name, error })
    }
  }
}
