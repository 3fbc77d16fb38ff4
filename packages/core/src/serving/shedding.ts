import { PriorityOrder } from '../limiting/priority-order.ts'
import type { ResolvedShedOptions } from '../limiting/shed-options.ts'
import { FairShedder } from './fair-shedder.ts'
import type { LoadMonitor } from './load-monitor.ts'

/** How often the load is looked at. */
export const SAMPLE_MS = 250
/** By how much one look changes the share of a class that is let in, down and up, and the least it changes it by. */
const LESS = 0.1
const MORE = 0.08
const LEAST_STEP = 0.02
/** Below this share of its bounds the process has room again; between it and the bounds nothing moves. */
const ROOM = 0.95

/**
 * Decides which requests are refused at the door because the process has more to do than it can. One number, `level`,
 * says how much is shed: up to 1 a share of the first class of `order`, from 1 to 2 all of that and a share of the
 * second, and so on; classes that are not listed are never shed. With each look at a loop that is too busy or too late a
 * tenth less of the class is let in, and somewhat more where there is room: steps are shares of what is let in, so they
 * are as fine at ten times the capacity as at one and a half.
 *
 * (Utilisation and delay of the event loop are to Node what CPU load is to the shedders of kratos and Sentinel: a busy
 * loop is late for everybody before the machine is busy at all.) Within the class that is shed in part, callers are
 * treated fairly: see {@link FairShedder}.
 */
export class Shedding {
  #options: ResolvedShedOptions
  #order: PriorityOrder
  #classes: readonly FairShedder[]
  #level = 0
  #asked = 0

  constructor(options: ResolvedShedOptions) {
    this.#options = options
    this.#order = new PriorityOrder(options.order)
    this.#classes = options.order.map(() => new FairShedder())
  }

  /** How much is shed: 0 nothing, 1 all of the first class, 2 all of the first two. */
  get level(): number {
    return this.#level
  }

  /** Other bounds. The level stays, and of each class that is still in the order who asks for how much. */
  update(options: ResolvedShedOptions): void {
    const before = this.#options.order
    this.#options = options
    this.#order = new PriorityOrder(options.order)
    this.#classes = options.order.map((name) => this.#classes[before.indexOf(name)] ?? new FairShedder())
    this.#level = Math.min(this.#level, options.order.length)
  }

  /** Counts a request and says whether it is refused. */
  refuses(priority: string | undefined, caller: string): boolean {
    this.#asked++
    return this.#classes[this.#order.rank(priority)]?.refuses(caller) ?? false
  }

  /** One look at the load. False where there is nothing to look for again until a request comes. */
  sample({ utilization, loopDelayMs }: LoadMonitor): boolean {
    const { eventLoopUtilization, eventLoopDelayMs } = this.#options
    const strain = Math.max(
      utilization / eventLoopUtilization,
      eventLoopDelayMs === undefined ? 0 : loopDelayMs / eventLoopDelayMs,
    )
    if (strain > 1) this.#level = higher(this.#level, this.#classes.length)
    else if (strain < ROOM) this.#level = lower(this.#level)
    for (const [i, shedder] of this.#classes.entries()) {
      shedder.divide(Math.max(0, Math.min(1, this.#level - i)))
    }
    const isQuiet = this.#asked === 0 && this.#level === 0
    this.#asked = 0
    return !isQuiet
  }
}

/** A step up; what is left of a class when less than a step is let in goes with it. */
function higher(level: number, most: number): number {
  const whole = Math.floor(level)
  const letIn = 1 - (level - whole)
  const left = letIn - Math.max(LEAST_STEP, letIn * LESS)
  return Math.min(most, left < LEAST_STEP ? whole + 1 : whole + 1 - left)
}

/** A step down, from where a class is shed whole into that class. */
function lower(level: number): number {
  const whole = Math.ceil(level) - 1
  const letIn = whole + 1 - level
  return level === 0 ? 0 : Math.max(whole, whole + 1 - (letIn + Math.max(LEAST_STEP, letIn * MORE)))
}
