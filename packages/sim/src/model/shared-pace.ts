import type { Clock, Timer, TimerTask } from '@seakeep/core/spi'

/** Work that is this near its end has ended: instants are whole microseconds, sums of shares are not. */
const NEARLY_MS = 1e-6

/**
 * Processor sharing: all who are present get an equal share of the workers, none above one worker's speed. All work goes
 * at the same pace, so it is enough to know how much any one of them has been given since the start: work of a length
 * ends when that has grown by as much. One timer, for the piece that ends first.
 */
export class SharedPace implements TimerTask {
  readonly #clock: Clock
  #workers: number
  #present = 0
  #pace = 1
  #isStopped = false
  /** What each present one was given until `#sinceMs`. */
  #givenMs = 0
  #sinceMs = 0
  /** A heap, by where they end. */
  #pieces: Piece[] = []
  #number = 0
  #timer: Timer | undefined = undefined
  #isEnding = false

  constructor(clock: Clock, workers: number) {
    this.#clock = clock
    this.#workers = workers
  }

  /** So many share the workers from now on. */
  share(present: number): void {
    this.#present = present
    const pace = present <= this.#workers ? 1 : this.#workers / present
    if (pace === this.#pace) return
    this.#advance()
    this.#pace = pace
    this.#arm()
  }

  /** So many workers there are from now on. */
  setWorkers(workers: number): void {
    this.#workers = workers
    this.share(this.#present)
  }

  get isStopped(): boolean {
    return this.#isStopped
  }

  /** Nobody is given anything until {@link go}. */
  stop(): void {
    this.#advance()
    this.#isStopped = true
    this.#arm()
  }

  go(): void {
    this.#advance()
    this.#isStopped = false
    this.#arm()
  }

  /** Begins a piece of work; `task` is told when it has ended. */
  work(lengthMs: number, task: TimerTask): Timer {
    this.#advance()
    const piece = new Piece(this.#givenMs + lengthMs, this.#number, task)
    this.#number += 1
    const { length } = this.#pieces
    this.#pieces.push(piece)
    this.#rise(length)
    if (this.#pieces[0] === piece) this.#arm()
    return piece
  }

  /** Everything under way is gone, and nobody is told. */
  clear(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#pieces = []
    this.#pace = 1
    this.#isStopped = false
  }

  onTimer(): void {
    this.#timer = undefined
    this.#advance()
    this.#isEnding = true
    for (let first = this.#pieces[0]; first !== undefined; first = this.#pieces[0]) {
      if (first.task !== undefined && first.endMs - this.#givenMs > NEARLY_MS) break
      this.#takeFirst()
      first.task?.onTimer(first)
    }
    this.#isEnding = false
    this.#arm()
  }

  #advance(): void {
    const nowMs = this.#clock.now()
    if (!this.#isStopped) this.#givenMs += (nowMs - this.#sinceMs) * this.#pace
    this.#sinceMs = nowMs
  }

  #arm(): void {
    if (this.#isEnding) return
    this.#timer?.cancel()
    const first = this.#pieces[0]
    if (first === undefined || this.#pace === 0 || this.#isStopped) this.#timer = undefined
    else this.#timer = this.#clock.schedule(this.#sinceMs + (first.endMs - this.#givenMs) / this.#pace, this)
  }

  // ---- the heap ----

  #rise(from: number): void {
    const pieces = this.#pieces
    const piece = pieces[from] as Piece
    let at = from
    while (at > 0) {
      const above = (at - 1) >>> 1
      const other = pieces[above] as Piece
      if (!piece.isBefore(other)) break
      pieces[at] = other
      at = above
    }
    pieces[at] = piece
  }

  #takeFirst(): void {
    const pieces = this.#pieces
    const piece = pieces.pop() as Piece
    if (pieces.length === 0) return
    let at = 0
    for (let below = 1; below < pieces.length; below = 2 * at + 1) {
      const right = pieces[below + 1]
      if (right?.isBefore(pieces[below] as Piece)) below += 1
      const least = pieces[below] as Piece
      if (!least.isBefore(piece)) break
      pieces[at] = least
      at = below
    }
    pieces[at] = piece
  }
}

class Piece implements Timer {
  readonly endMs: number
  readonly #number: number
  /** Undefined where it was given up: then it is passed over when its turn comes. */
  task: TimerTask | undefined

  constructor(endMs: number, number: number, task: TimerTask) {
    this.endMs = endMs
    this.#number = number
    this.task = task
  }

  isBefore(other: Piece): boolean {
    return this.endMs < other.endMs || (this.endMs === other.endMs && this.#number < other.#number)
  }

  cancel(): void {
    this.task = undefined
  }
}
