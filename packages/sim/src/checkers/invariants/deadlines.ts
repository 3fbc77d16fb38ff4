import { durationText } from '@seakeep/core/spi'
import { edgeOf, endMsOf, type Invariant, type InvariantContext, wasAway } from './invariant.ts'

/** A call is over when its deadline or its policy's timeout is, but for a little; one that is made later, at once. */
export function deadline(context: InvariantContext): Invariant {
  const graceMs = context.invariant.lengthMs ?? 0
  return {
    onCallEnd(call) {
      const endMs = Math.max(endMsOf(call, context.scenario), call.offeredUs / 1000)
      const lateMs = context.nowUs() / 1000 - endMs
      if (!(lateMs > graceMs) || wasAway(call)) return
      const why = `ended ${durationText(Number(lateMs.toFixed(3)))} after its deadline`
      context.broken({ subject: edgeOf(call), why, call })
    },
  }
}

/** Nothing is tried again when the call is over. */
export function noLateRetry(context: InvariantContext): Invariant {
  return {
    onSent(call, number) {
      if (number === 1) return
      const lateMs = context.nowUs() / 1000 - endMsOf(call, context.scenario)
      // To the microsecond: instants are whole ones.
      if (lateMs < 0.001 || wasAway(call)) return
      const why = `attempt ${number} was sent ${durationText(Number(lateMs.toFixed(3)))} after its deadline`
      context.broken({ subject: edgeOf(call), why, call })
    },
  }
}
