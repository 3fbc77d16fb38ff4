import type { BoardSink } from '../sharing/shared-board.ts'
import type { Topic } from '../sharing/topic.ts'
import type { Clock } from '../time/clock.ts'

/**
 * Decides how many other instances hold the same target's circuit open. Said are only verdicts reached by one's own calls: if
 * what was heard were passed on, two could keep each other's circuits open for ever.
 *
 * A verdict says for how long it stands, and is believed so long from when it was heard, whatever becomes of its author and
 * of the board. Who has nothing against its target says nothing, and only who has asks: a healthy system does not use the
 * board. The note is `open 10000 3`: for 10 s, the author's third.
 */
export class PeerCircuits implements BoardSink {
  readonly #topic: Topic
  readonly #clock: Clock
  readonly #onNews: (nowMs: number) => void
  readonly #verdicts = new Map<string, Verdict>()
  #reports = 0

  /** `onNews` is called when a peer has opened its circuit. */
  constructor(topic: Topic, clock: Clock, onNews: (nowMs: number) => void) {
    this.#topic = topic
    this.#clock = clock
    this.#onNews = onNews
  }

  /** Of the topic: the same for all who belong together. */
  get name(): string {
    return this.#topic.name
  }

  /** Peers whose circuit is open by their own verdict. Follows the topic from when it is first asked. */
  open(nowMs: number): number {
    this.#topic.follow(this)
    let open = 0
    for (const { untilMs } of this.#verdicts.values()) if (untilMs > nowMs) open++
    return open
  }

  /** The own circuit has opened; that is to be believed for so long. */
  report(forMs: number): void {
    this.#reports += 1
    this.#topic.say(`open ${Math.ceil(forMs)} ${this.#reports}`, forMs)
  }

  withdraw(): void {
    this.#topic.hush()
  }

  close(): void {
    this.#topic.close()
    this.#verdicts.clear()
  }

  // ---- BoardSink ----

  note(peer: string, note: string): void {
    // A verdict that is told again is not a new one, also when its time is over.
    if (this.#verdicts.get(peer)?.note === note) return
    this.#verdicts.delete(peer)
    const [word, length] = note.split(' ')
    const forMs = Number(length)
    // What cannot be read is from another version, and no verdict.
    if (word !== 'open' || !(forMs > 0 && forMs < Number.POSITIVE_INFINITY)) return
    const nowMs = this.#clock.now()
    this.#verdicts.set(peer, { note, untilMs: nowMs + forMs })
    this.#onNews(nowMs)
  }

  gone(peer: string): void {
    this.#verdicts.delete(peer)
  }
}

interface Verdict {
  readonly note: string
  readonly untilMs: number
}
