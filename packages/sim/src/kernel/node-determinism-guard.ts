/**
 * Refuses real time, chance and network to the handlers of a simulated service: a run in which one of them looked at the
 * real clock could not be repeated, and one that waited for a real timer would never go on.
 *
 * The names are replaced only while simulated code can run (a drain enters and leaves the guard with each slice, also on
 * failure), so progress display, test runners and other code of the process keep theirs between slices. What took a
 * reference before, as the kernel did, is not touched; neither are `new Date(ms)` and the other uses of `Date` that
 * read no clock.
 */
import type { SliceGuard } from './microtask-drain.ts'

const WAIT = "context.work('10ms') or context.clock.schedule()"
const TIME = 'context.clock.now()'
const WALL = 'context.clock.wallNow()'
const CHANCE = 'context.random'

/** Where a name lives, how it is called, and what to use instead. */
const REFUSED: readonly (readonly [owner: object, name: string, shown: string, instead: string])[] = [
  [globalThis, 'setTimeout', 'setTimeout()', WAIT],
  [globalThis, 'setInterval', 'setInterval()', WAIT],
  [globalThis, 'setImmediate', 'setImmediate()', WAIT],
  [AbortSignal, 'timeout', 'AbortSignal.timeout()', 'context.signal, context.deadline or a timeout of the policy'],
  [globalThis, 'Date', 'Date()', WALL],
  [Date, 'now', 'Date.now()', WALL],
  [performance, 'now', 'performance.now()', TIME],
  [process, 'hrtime', 'process.hrtime()', TIME],
  [process.hrtime, 'bigint', 'process.hrtime.bigint()', TIME],
  [Math, 'random', 'Math.random()', CHANCE],
  [crypto, 'randomUUID', 'crypto.randomUUID()', CHANCE],
  [crypto, 'getRandomValues', 'crypto.getRandomValues()', CHANCE],
  [globalThis, 'fetch', 'fetch()', 'context.client(service).call()'],
]

class DeterminismGuard implements SliceGuard {
  /** Runs whose slice is open: those that drain by immediates may overlap in one process. */
  #open = 0
  readonly #restore: (() => void)[] = []

  enter(): void {
    if (this.#open++ > 0) return
    for (const [owner, name, shown, instead] of REFUSED) this.#replace(owner, name, shown, instead)
  }

  leave(): void {
    if (this.#open === 0 || --this.#open > 0) return
    while (this.#restore.length > 0) this.#restore.pop()?.()
  }

  #replace(object: object, name: string, shown: string, instead: string): void {
    // A method such as `performance.now` lives on a prototype; replaced there, it leaves no trace on the object.
    let owner: object = object
    while (!Object.hasOwn(owner, name)) {
      const prototype = Object.getPrototypeOf(owner) as object | null
      if (prototype === null) return
      owner = prototype
    }
    const before = Object.getOwnPropertyDescriptor(owner, name) as PropertyDescriptor
    const value = (object as { readonly [name: string]: unknown })[name]
    if (before.configurable !== true || typeof value !== 'function') return
    Object.defineProperty(owner, name, {
      value: refusing(value, shown, instead),
      writable: true,
      configurable: true,
      enumerable: before.enumerable === true,
    })
    this.#restore.push(() => Object.defineProperty(owner, name, before))
  }
}

/** The one guard of the process, for it replaces names of the whole process. */
export const determinismGuard: SliceGuard = new DeterminismGuard()

/** The function with all its properties, but not to be called, nor to be constructed from nothing. */
function refusing(real: CallableFunction, shown: string, instead: string): CallableFunction {
  const traps = {
    apply(): never {
      throw refusal(shown, instead, traps.apply)
    },
    construct(target: CallableFunction, values: unknown[], newTarget: NewableFunction): object {
      if (values.length === 0) throw refusal(`new ${shown}`, instead, traps.construct)
      return Reflect.construct(target, values, newTarget) as object
    },
  }
  return new Proxy(real, traps)
}

/** An error whose stack begins with the caller of `above`, and whose message has that line too. */
function refusal(shown: string, instead: string, above: NewableFunction | CallableFunction): Error {
  const error = new Error()
  Error.captureStackTrace(error, above)
  const frames = (error.stack ?? '').split('\n').slice(1)
  error.message = `${shown} is not simulated: use ${instead} instead (${(frames[0] ?? 'unknown').trim()})`
  error.stack = [`Error: ${error.message}`, ...frames].join('\n')
  return error
}
