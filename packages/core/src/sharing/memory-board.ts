import { asError } from '../errors/as-error.ts'
import { type EventSink, NO_EVENTS } from '../telemetry/events.ts'
import type { Clock, Timer, TimerTask } from '../time/clock.ts'
import type { BoardSink, SharedBoard } from './shared-board.ts'

/** One peer's way to a {@link MemoryBoard}. */
export interface BoardConnection {
  /** Who it is. Default: a name that no other connection has. */
  readonly peer?: string
  /** By whose time it hears of notes. Default: the board's. */
  readonly clock?: Clock
  /** How long word of `from` takes to it, asked for each. Default: it is told inside the call that changes the board. */
  readonly delayMs?: (from: string, topic: string) => number
  /** Is told where one of its sinks throws. Default: nobody. */
  readonly events?: EventSink
}

/**
 * A board inside the process: for tests, for runtimes that share a process, and for the simulator, which gives it delays and
 * interruptions. Peers are told in the order in which they began to watch, and of one peer in the order in which it spoke.
 */
export class MemoryBoard {
  readonly #clock: Clock
  readonly #topics = new Map<string, BoardTopic>()
  #connections = 0
  #isInterrupted = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  connect({ peer, clock = this.#clock, delayMs, events = NO_EVENTS }: BoardConnection = {}): SharedBoard {
    this.#connections += 1
    const name = peer ?? `peer-${this.#connections}`
    const readers = new Set<BoardReader>()
    let isClosed = false
    return {
      name: 'memory',
      publish: (topic, note, ttlMs) => (isClosed ? NOTHING : this.#put(this.#topic(topic), name, note, ttlMs)),
      watch: (topic, sink) => {
        if (isClosed) return NOTHING
        const reader = new BoardReader(this.#topic(topic), readers, { peer: name, sink, clock, delayMs, events })
        if (!this.#isInterrupted) reader.catchUp()
        return reader
      },
      close: () => {
        isClosed = true
        for (const reader of readers) reader[Symbol.dispose]()
        for (const { notes } of this.#topics.values()) notes.get(name)?.[Symbol.dispose]()
      },
    }
  }

  /** From here on nobody is sent anything. Notes are taken, and run out, all the same. */
  interrupt(): void {
    this.#isInterrupted = true
  }

  /** Everybody is told what has changed meanwhile. */
  resume(): void {
    if (!this.#isInterrupted) return
    this.#isInterrupted = false
    for (const { readers } of this.#topics.values()) for (const reader of [...readers]) reader.catchUp()
  }

  #put(topic: BoardTopic, peer: string, text: string, ttlMs: number): Disposable {
    topic.notes.get(peer)?.timer?.cancel()
    const note = new BoardNote(text, () => {
      if (topic.notes.get(peer) !== note) return
      topic.notes.delete(peer)
      this.#tell(topic, peer)
    })
    note.timer = this.#clock.schedule(this.#clock.now() + ttlMs, note)
    topic.notes.set(peer, note)
    this.#tell(topic, peer)
    return note
  }

  #tell(topic: BoardTopic, peer: string): void {
    if (this.#isInterrupted) return
    for (const reader of [...topic.readers]) reader.hear(peer)
  }

  #topic(name: string): BoardTopic {
    let topic = this.#topics.get(name)
    if (topic === undefined) {
      topic = { name, notes: new Map(), readers: new Set() }
      this.#topics.set(name, topic)
    }
    return topic
  }
}

const NOTHING: Disposable = { [Symbol.dispose]: () => {} }

/** What a peer says, until it is over. */
class BoardNote implements TimerTask, Disposable {
  readonly isBackground = true
  readonly text: string
  timer: Timer | undefined = undefined
  readonly #onEnd: () => void

  constructor(text: string, onEnd: () => void) {
    this.text = text
    this.#onEnd = onEnd
  }

  onTimer(): void {
    this.#onEnd()
  }

  [Symbol.dispose](): void {
    this.timer?.cancel()
    this.#onEnd()
  }
}

interface BoardTopic {
  readonly name: string
  /** By peer. */
  readonly notes: Map<string, BoardNote>
  readonly readers: Set<BoardReader>
}

interface ReaderParts {
  readonly peer: string
  readonly sink: BoardSink
  readonly clock: Clock
  readonly delayMs: BoardConnection['delayMs']
  readonly events: EventSink
}

/** One who follows a topic. It remembers what it was sent, so that it can be told what it has missed. */
class BoardReader implements Disposable {
  readonly #topic: BoardTopic
  readonly #siblings: Set<BoardReader>
  readonly #parts: ReaderParts
  /** By peer: the last note sent, and when word of it arrives, so that no word overtakes the one before. */
  readonly #sent = new Map<string, { readonly note: BoardNote | undefined; readonly atMs: number }>()

  constructor(topic: BoardTopic, siblings: Set<BoardReader>, parts: ReaderParts) {
    this.#topic = topic
    this.#siblings = siblings
    this.#parts = parts
    topic.readers.add(this)
    siblings.add(this)
  }

  catchUp(): void {
    for (const peer of new Set([...this.#sent.keys(), ...this.#topic.notes.keys()])) this.hear(peer)
  }

  /** What a peer says may have changed. */
  hear(peer: string): void {
    const { peer: self, clock, delayMs } = this.#parts
    const note = this.#topic.notes.get(peer)
    const sent = this.#sent.get(peer)
    if (peer === self || note === sent?.note) return
    const atMs = Math.max(clock.now() + (delayMs?.(peer, this.#topic.name) ?? 0), sent?.atMs ?? 0)
    this.#sent.set(peer, { note, atMs })
    if (delayMs === undefined) this.#tell(peer, note)
    else clock.schedule(atMs, { isBackground: true, onTimer: () => this.#tell(peer, note) })
  }

  [Symbol.dispose](): void {
    this.#topic.readers.delete(this)
    this.#siblings.delete(this)
  }

  #tell(peer: string, note: BoardNote | undefined): void {
    if (!this.#siblings.has(this)) return
    if (note === undefined && this.#sent.get(peer)?.note === undefined) this.#sent.delete(peer)
    const { sink, events, clock } = this.#parts
    try {
      if (note === undefined) sink.gone(peer)
      else sink.note(peer, note.text)
    } catch (thrown) {
      const error = asError(thrown)
      events.emit({ type: 'listenerFailed', atMs: clock.now(), error })
    }
  }
}
