/**
 * Who of those that wait is served next, and who is given up. The two instants of `lifo` and `codel` are Facebook's:
 * 5 ms and 100 ms ("Fail at Scale", queue.acm.org/detail.cfm?id=2839461; folly Codel.h).
 */
import type { Place } from '../options/place.ts'
import { DEFAULT_ORDER } from './priority-order.ts'

export type Discipline = 'fifo' | 'lifo' | 'codel' | 'priority'

export interface ResolvedLineOptions {
  readonly discipline: Exclude<Discipline, 'fifo'>
  readonly targetMs: number
  readonly intervalMs: number
  readonly order: readonly string[]
}

const DEFAULT_TARGET_MS = 5
const DEFAULT_INTERVAL_MS = 100

export interface GivenLine {
  readonly discipline: Discipline
  readonly targetMs: number | undefined
  readonly intervalMs: number | undefined
  readonly order: readonly string[] | undefined
  readonly queue: number
}

/** Undefined for first come, first served. */
export function resolveLine(given: GivenLine, at: Place): ResolvedLineOptions | undefined {
  const { discipline, targetMs, intervalMs, order, queue } = given
  if (discipline !== 'fifo' && queue === 0) {
    throw at.at('discipline').error(`${discipline} is not allowed without a waiting line; set queue`)
  }
  const isTimed = discipline === 'lifo' || discipline === 'codel'
  if (targetMs !== undefined && !isTimed) throw at.at('target').error('only with discipline lifo or codel')
  if (intervalMs !== undefined && !isTimed) throw at.at('interval').error('only with discipline lifo or codel')
  if (order !== undefined && discipline !== 'priority') throw at.at('order').error('only with discipline priority')
  if (discipline === 'fifo') return undefined
  const target = targetMs ?? DEFAULT_TARGET_MS
  const interval = intervalMs ?? Math.max(DEFAULT_INTERVAL_MS, target)
  if (interval < target) throw at.at('interval').error('must not be shorter than target')
  return Object.freeze({ discipline, targetMs: target, intervalMs: interval, order: order ?? DEFAULT_ORDER })
}
