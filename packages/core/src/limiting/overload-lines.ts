/**
 * Two lines that change their ways under overload, since a long line served in order makes everybody late: the work is
 * done for callers who have given up. Both look at the same sign, and are first come, first served while it says no.
 */
import type { Waiter } from './limiter.ts'
import type { ResolvedLineOptions } from './line-options.ts'
import { OverloadSign } from './overload-sign.ts'
import { WaiterList } from './waiter-list.ts'
import type { WaitingLine } from './waiting-line.ts'

abstract class TimedLine implements WaitingLine {
  readonly isTimed = true
  protected readonly list: WaiterList = new WaiterList()
  protected readonly sign: OverloadSign

  constructor({ targetMs, intervalMs }: ResolvedLineOptions) {
    this.sign = new OverloadSign(targetMs, intervalMs)
  }

  join(waiter: Waiter, nowMs: number): void {
    if (this.list.size === 0) this.sign.clear()
    waiter.joinedMs = nowMs
    this.list.append(waiter)
  }

  leave(waiter: Waiter): void {
    this.list.remove(waiter)
  }

  /** Looks at the head of the line, the one who has waited longest, whoever is served. */
  protected observe(nowMs: number): void {
    const head = this.list.first
    if (head !== undefined) this.sign.observe(nowMs - (head.joinedMs as number), nowMs)
  }

  abstract victimFor(waiter: Waiter): Waiter | undefined
  abstract next(nowMs: number): Waiter | undefined
  abstract givesUp(waiter: Waiter, nowMs: number): boolean
}

/**
 * Last come, first served under overload (Facebook's adaptive LIFO): the newest still has a caller. Those in front wait
 * until they are given up by their own deadline; in a full line the oldest makes room for who comes.
 */
export class AdaptiveLifoLine extends TimedLine {
  victimFor(): Waiter | undefined {
    return this.sign.isOverloaded ? this.list.first : undefined
  }
  next(nowMs: number): Waiter | undefined {
    this.observe(nowMs)
    return this.sign.isOverloaded ? this.list.last : this.list.first
  }
  givesUp(): boolean {
    return false
  }
}

/** In order, but under overload who has waited longer than twice the target is given up (folly's "slough" timeout). */
export class CoDelLine extends TimedLine {
  readonly #sloughMs: number

  constructor(options: ResolvedLineOptions) {
    super(options)
    this.#sloughMs = 2 * options.targetMs
  }

  victimFor(): undefined {
    return undefined
  }
  next(nowMs: number): Waiter | undefined {
    this.observe(nowMs)
    return this.list.first
  }
  givesUp(waiter: Waiter, nowMs: number): boolean {
    const { isOverloaded, isFirst } = this.sign
    return isOverloaded && !isFirst && nowMs - (waiter.joinedMs as number) > this.#sloughMs
  }
}
