import type { Waiter } from './limiter.ts'

/** Decides who of those that wait is next, and who is given up. It knows nothing of permits. */
export interface WaitingLine {
  /** False where the discipline never looks at the time: then nobody reads a clock for it. */
  readonly isTimed: boolean
  join(waiter: Waiter, nowMs: number): void
  leave(waiter: Waiter): void
  /** Who would have to go so that `waiter` has a place in a full line; undefined for the waiter itself. */
  victimFor(waiter: Waiter): Waiter | undefined
  /** Who is next, still in the line; undefined where it is empty. */
  next(nowMs: number): Waiter | undefined
  /** True where the one that {@link next} named is not to be served but given up. Asked once, before it is taken out. */
  givesUp(waiter: Waiter, nowMs: number): boolean
}
