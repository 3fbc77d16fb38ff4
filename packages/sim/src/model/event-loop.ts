import { type Clock, LinkedList, type Timer, type TimerTask } from '@seakeep/core/spi'
import { SharedPace } from './shared-pace.ts'

/** Who is told what the loop does. */
export interface LoopWatcher {
  /** It runs something, or a collection has stopped it; or neither. */
  onBusy(isBusy: boolean): void
  /** A piece of work has its turn, so many milliseconds after it was ready for it. */
  onTurn(waitedMs: number): void
}

/** What all work of an instance runs on that is a Node process. */
export interface EventLoop {
  /** CPU work of this length; `task` is told when it has ended. */
  work(lengthMs: number, task: TimerTask): Timer
  /** Nothing runs any more, and what ran stays where it was, until {@link go}. */
  stop(): void
  go(): void
  /** Everything on it is gone, and nobody is told. */
  clear(): void
}

/**
 * Each piece of work to its end, in the order they are ready for the loop. A piece that follows another of the same request
 * is ready when that has ended, so requests take turns between their steps. Work that takes no time takes no turn: its
 * caller does not ask for one.
 */
export class OrderedLoop implements EventLoop, TimerTask {
  readonly #clock: Clock
  readonly #watcher: LoopWatcher
  readonly #waiting = new LinkedList<Turn>()
  #running: Turn | undefined = undefined
  #timer: Timer | undefined = undefined
  /** When the running piece ends; while the loop is stopped, how much of it is left. */
  #endMs = 0
  #isStopped = false
  #isEnding = false

  constructor(clock: Clock, watcher: LoopWatcher) {
    this.#clock = clock
    this.#watcher = watcher
  }

  work(lengthMs: number, task: TimerTask): Timer {
    const turn = new Turn(this, lengthMs, task, this.#clock.now())
    this.#waiting.append(turn)
    this.#next()
    return turn
  }

  stop(): void {
    if (this.#isStopped) return
    this.#isStopped = true
    this.#timer?.cancel()
    this.#endMs -= this.#clock.now()
    this.#watcher.onBusy(true)
  }

  go(): void {
    if (!this.#isStopped) return
    this.#isStopped = false
    if (this.#running === undefined) {
      this.#watcher.onBusy(false)
      return this.#next()
    }
    this.#endMs += this.#clock.now()
    this.#timer = this.#clock.schedule(this.#endMs, this)
  }

  clear(): void {
    this.#timer?.cancel()
    this.#running = undefined
    this.#isStopped = false
    for (let turn = this.#waiting.shift(); turn !== undefined; turn = this.#waiting.shift()) turn.isWaiting = false
    this.#watcher.onBusy(false)
  }

  /** The running piece has ended. */
  onTimer(): void {
    const turn = this.#running
    this.#running = undefined
    // What it asks for now stands behind those who wait already.
    this.#isEnding = true
    turn?.task.onTimer(turn)
    this.#isEnding = false
    this.#next()
  }

  /** A piece is not wanted any more. */
  drop(turn: Turn): void {
    if (turn.isWaiting) {
      turn.isWaiting = false
      return this.#waiting.remove(turn)
    }
    if (turn !== this.#running) return
    this.#running = undefined
    this.#timer?.cancel()
    this.#next()
  }

  #next(): void {
    if (this.#running !== undefined || this.#isStopped || this.#isEnding) return
    const turn = this.#waiting.shift()
    if (turn === undefined) return this.#watcher.onBusy(false)
    turn.isWaiting = false
    this.#running = turn
    const nowMs = this.#clock.now()
    this.#watcher.onBusy(true)
    this.#watcher.onTurn(nowMs - turn.readyMs)
    this.#endMs = nowMs + turn.lengthMs
    this.#timer = this.#clock.schedule(this.#endMs, this)
  }
}

class Turn implements Timer {
  readonly lengthMs: number
  readonly task: TimerTask
  readonly readyMs: number
  isWaiting = true
  previous: Turn | undefined = undefined
  next: Turn | undefined = undefined
  readonly #loop: OrderedLoop

  constructor(loop: OrderedLoop, lengthMs: number, task: TimerTask, readyMs: number) {
    this.#loop = loop
    this.lengthMs = lengthMs
    this.task = task
    this.readyMs = readyMs
  }

  cancel(): void {
    this.#loop.drop(this)
  }
}

/** All pieces at once, each at its share of the one processor, as code that yields to the others all the time. */
export class SharedLoop implements EventLoop {
  readonly #pace: SharedPace
  readonly #watcher: LoopWatcher
  readonly #pieces = new Set<Piece>()

  constructor(clock: Clock, watcher: LoopWatcher) {
    this.#pace = new SharedPace(clock, 1)
    this.#watcher = watcher
  }

  work(lengthMs: number, task: TimerTask): Timer {
    const piece = new Piece(task, () => this.#end(piece))
    this.#pieces.add(piece)
    this.#share()
    this.#watcher.onTurn(0)
    piece.timer = this.#pace.work(lengthMs, piece)
    return piece
  }

  stop(): void {
    this.#pace.stop()
    this.#watcher.onBusy(true)
  }

  go(): void {
    this.#pace.go()
    this.#share()
  }

  clear(): void {
    this.#pieces.clear()
    this.#pace.clear()
    this.#watcher.onBusy(false)
  }

  #end(piece: Piece): void {
    if (this.#pieces.delete(piece)) this.#share()
  }

  #share(): void {
    this.#pace.share(this.#pieces.size)
    this.#watcher.onBusy(this.#pieces.size > 0 || this.#pace.isStopped)
  }
}

class Piece implements Timer, TimerTask {
  timer: Timer | undefined = undefined
  readonly #task: TimerTask
  readonly #end: () => void

  constructor(task: TimerTask, end: () => void) {
    this.#task = task
    this.#end = end
  }

  onTimer(): void {
    this.#end()
    this.#task.onTimer(this)
  }

  cancel(): void {
    this.timer?.cancel()
    this.#end()
  }
}
