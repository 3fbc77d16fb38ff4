import { durationText } from '@seakeep/core/spi'
import type { JobSeen } from '../../recording/witness.ts'
import type { Invariant, InvariantContext } from './invariant.ts'

/** Classes that are given up before others; what is neither goes before both. */
const LOWER: readonly string[] = ['default', 'sheddable']

/** No call of the highest class waits for longer than this while a server begins lower ones that came later. */
export function noStarvation(context: InvariantContext): Invariant {
  const mostMs = context.invariant.lengthMs ?? 0
  /** By instance, in the order they came. */
  const waiting = new Map<string, Set<JobSeen>>()
  return {
    onArrived(instance, job) {
      if (isLower(job)) return
      const line = waiting.get(instance) ?? new Set()
      waiting.set(instance, line.add(job))
    },
    onBegun(instance, job) {
      if (!isLower(job)) {
        waiting.get(instance)?.delete(job)
        return
      }
      const [oldest] = waiting.get(instance) ?? []
      if (oldest === undefined || oldest.arrivedUs >= job.arrivedUs) return
      const waitedMs = (context.nowUs() - oldest.arrivedUs) / 1000
      if (waitedMs <= mostMs) return
      const { priority, call } = oldest.exchange
      const why = `a call of class ${priority} has waited ${durationText(Math.round(waitedMs))}, and one of ${job.exchange.priority ?? 'default'} that came later is begun`
      context.broken({ subject: instance, why, call })
    },
    onLeft(instance, job) {
      waiting.get(instance)?.delete(job)
    },
  }
}

function isLower({ exchange }: JobSeen): boolean {
  return exchange.priority === undefined || LOWER.includes(exchange.priority)
}
