/**
 * Draining microtasks on Node: the only place of the kernel that knows Node's own event loop.
 *
 * `process._tickCallback()` runs nextTicks and microtasks to the last one, several times as fast as ending the
 * macrotask. It is undocumented and does nothing when called from a microtask, so it is tried with a chain of promises
 * at the start of each slice and every few thousand drains. Where it is missing or fails, each step gets a
 * `setImmediate` of its own, for Node drains completely between two of them; up to 1024 are queued ahead, since a turn of
 * the real loop costs more than a step.
 */
import { type Driven, type MicrotaskDrain, type SliceGuard, StepEnd } from './microtask-drain.ts'

export interface DrainOptions {
  /** `immediate` forces the fallback. Default `auto`: the fast way where it is proven to work. */
  readonly method?: 'auto' | 'immediate'
  /** Is on whenever simulated code can run. */
  readonly guard?: SliceGuard
}

/** How many immediates stand ready at most. */
const QUEUED_AHEAD = 1024
/** Every so many drains the fast way is tried again. */
const PROBE_EVERY = 4096

// Held from before a guard or fake timers can replace them.
const realSetImmediate = setImmediate
const realNextTick: (run: () => void) => void = process.nextTick.bind(process)
const realNow: () => number = performance.now.bind(performance)

export function createDrain(options: DrainOptions = {}): MicrotaskDrain {
  return {
    realNow,
    drive: (driven) => new Promise((resolve) => new Drive(driven, options, resolve).start()),
  }
}

/** One run: begins on the fast way and falls back for good the first time that proves incomplete. */
class Drive {
  readonly #driven: Driven
  readonly #guard: SliceGuard | undefined
  readonly #ended: () => void
  readonly #failed: (error: unknown) => void
  /** Drains at once; undefined where that does not work. */
  #tick: (() => void) | undefined
  #isListening = false
  /** On the slow way: immediates of the batch that still come, what the last step asked for, the next batch's size. */
  #queued = 0
  #isFirst = false
  #end: StepEnd = StepEnd.drain
  #ahead = 16

  constructor(driven: Driven, options: DrainOptions, ended: () => void) {
    this.#driven = driven
    this.#guard = options.guard
    this.#ended = ended
    this.#failed = (error) => driven.failed(error)
    const tick = (process as { _tickCallback?: unknown })._tickCallback
    if (options.method !== 'immediate' && typeof tick === 'function') this.#tick = tick.bind(process)
  }

  start(): void {
    if (this.#tick === undefined) this.#queueBatch()
    else realSetImmediate(this.#slice)
  }

  /** The fast way: one macrotask for all steps up to a rest. */
  readonly #slice = (): void => {
    let end: StepEnd | undefined
    this.#listen(true)
    this.#guard?.enter()
    try {
      end = this.#steps(this.#tick as () => void)
    } finally {
      this.#guard?.leave()
      // Without an end, a nextTick callback threw out of `_tickCallback`. That must leave this function: caught here, it
      // would corrupt Node's stack of async contexts and kill the process. It comes back as `uncaughtException`, so the
      // listener stays; the next slice hears from the kernel that the run has failed.
      if (end !== undefined) this.#listen(false)
      if (end === StepEnd.done) this.#ended()
      else {
        if (end === StepEnd.rest) this.#driven.rested()
        this.start()
      }
    }
  }

  /** Steps until a rest or the end. `drain`: the fast way has failed, and the end of the macrotask owes that drain. */
  #steps(tick: () => void): StepEnd {
    for (let drains = 0; ; drains++) {
      if (drains % PROBE_EVERY === 0 && !this.#isDraining(tick)) {
        this.#tick = undefined
        return StepEnd.drain
      }
      const end = this.#driven.step()
      // Also before a rest and after the end, for later the guard is off.
      tick()
      if (end !== StepEnd.drain) return end
    }
  }

  /** Whether a chain of hops of all kinds ends within one drain. */
  #isDraining(tick: () => void): boolean {
    let hasEnded = false
    const hops = async (): Promise<void> => {
      for (let i = 0; i < 3; i++) await null
      await new Promise<void>((resolve) => realNextTick(resolve))
      for (let i = 0; i < 3; i++) await null
      hasEnded = true
    }
    void hops()
    tick()
    return hasEnded
  }

  /** The slow way: one macrotask a step. */
  #queueBatch(): void {
    // One more than there are steps: the last does none, so that the drain of the last step is over when it comes.
    this.#queued = this.#ahead + 1
    this.#ahead = Math.min(QUEUED_AHEAD, this.#ahead * 2)
    this.#end = StepEnd.drain
    this.#isFirst = true
    for (let i = 0; i < this.#queued; i++) realSetImmediate(this.#turn)
  }

  readonly #turn = (): void => {
    if (this.#isFirst) {
      this.#isFirst = false
      this.#listen(true)
      this.#guard?.enter()
    }
    if (--this.#queued > 0) {
      if (this.#end === StepEnd.drain) this.#end = this.#driven.step()
      return
    }
    this.#guard?.leave()
    this.#listen(false)
    if (this.#end === StepEnd.done) this.#ended()
    else {
      if (this.#end === StepEnd.rest) this.#driven.rested()
      this.#queueBatch()
    }
  }

  #listen(on: boolean): void {
    if (on === this.#isListening) return
    this.#isListening = on
    const change = on ? 'on' : 'off'
    process[change]('unhandledRejection', this.#failed)
    process[change]('uncaughtException', this.#failed)
  }
}
