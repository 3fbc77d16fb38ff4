import { durationText } from '@seakeep/core/spi'
import { edgeOf, type Invariant, type InvariantContext } from './invariant.ts'

/** Nobody calls an instance that has been gone, or on its way out, for longer than it takes to hear of it. */
export function noCallToDead(context: InvariantContext): Invariant {
  const graceMs = context.invariant.lengthMs ?? 0
  // When a drain was seen first: an instance does not say since when.
  const drains = new Map<string, number>()
  return {
    onSent(call, _number, instance) {
      const nowUs = context.nowUs()
      const { name, host, isDraining = false } = instance
      if (!isDraining) drains.delete(name)
      else if (!drains.has(name)) drains.set(name, nowUs)
      const sinceUs = host.isUp ? drains.get(name) : host.downUs
      if (sinceUs === undefined || nowUs - sinceUs <= graceMs * 1000) return
      const how = host.isUp ? 'draining' : 'dead'
      const why = `sent to ${name}, which has been ${how} for ${durationText(Math.round((nowUs - sinceUs) / 1000))}`
      context.broken({ subject: edgeOf(call), why, call })
    },
  }
}
