import type { Cancel, StartOptions } from '../call/call.ts'
import type { CallSink } from '../call/call-sink.ts'
import { type Linked, LinkedList } from '../state/linked-list.ts'
import type { Clock, Timer, TimerTask } from '../time/clock.ts'
import { NO_DEADLINE } from '../time/deadline.ts'

/** Longest wait for a registry's first word. */
const FIRST_WORD_MS = 5000

/**
 * Calls made before any registry has said who is there. A registry that is asked over the network answers a moment after
 * the first call, which would find nobody to go to; such calls wait for the first word, in the order they came, and no
 * longer than they may take in all.
 */
export class FirstCalls {
  readonly #clock: Clock
  readonly #waiting: LinkedList<FirstCall> = new LinkedList()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Calls `start` once the word is there, or the wait is over; `timeoutMs` is the length of the whole call. */
  wait(
    options: StartOptions,
    timeoutMs: number | undefined,
    sink: CallSink,
    start: (options: StartOptions) => Cancel,
  ): Cancel {
    const now = this.#clock.now()
    const deadlineMs = Math.min(options.deadlineMs ?? NO_DEADLINE, now + (timeoutMs ?? NO_DEADLINE))
    const call = new FirstCall(this.#waiting, sink, () => start({ ...options, deadlineMs }))
    this.#waiting.append(call)
    call.timer = this.#clock.schedule(Math.min(deadlineMs, now + FIRST_WORD_MS), call)
    return (reason) => call.cancel(reason)
  }

  /** There is a word, or nobody is left to say one. */
  release(): void {
    for (let call = this.#waiting.first; call !== undefined; call = this.#waiting.first) call.begin()
  }
}

class FirstCall implements Linked<FirstCall>, TimerTask {
  previous: FirstCall | undefined = undefined
  next: FirstCall | undefined = undefined
  timer: Timer | undefined = undefined
  readonly #among: LinkedList<FirstCall>
  readonly #sink: CallSink
  readonly #start: () => Cancel
  #cancelStarted: Cancel | undefined = undefined
  #isWaiting = true

  constructor(among: LinkedList<FirstCall>, sink: CallSink, start: () => Cancel) {
    this.#among = among
    this.#sink = sink
    this.#start = start
  }

  begin(): void {
    this.#leave()
    this.#cancelStarted = this.#start()
  }

  onTimer(): void {
    this.begin()
  }

  readonly cancel: Cancel = (reason) => {
    if (!this.#isWaiting) return this.#cancelStarted?.(reason)
    this.#leave()
    this.#sink.settle({ ending: 'cancelled', isAnswered: false, attempts: 0 })
  }

  #leave(): void {
    this.#isWaiting = false
    this.#among.remove(this)
    this.timer?.cancel()
  }
}
