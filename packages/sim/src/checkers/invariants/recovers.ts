import { durationText } from '@seakeep/core/spi'
import { recoveryMs } from '../recovery.ts'
import type { Invariant, InvariantContext } from './invariant.ts'

/** After the last fault the goodput of every workload is back, as the threshold `recovery` has it. */
export function recovers(context: InvariantContext): Invariant {
  const { scenario, recorder } = context
  const mostMs = context.invariant.lengthMs ?? 0
  return {
    atEnd() {
      if (!scenario.faults.some(({ atMs }) => atMs < scenario.durationMs)) return
      for (const { id } of scenario.workloads) {
        const ms = recoveryMs(scenario, { kind: 'workload', workload: id }, recorder)
        if (ms !== null && ms <= mostMs) continue
        const why = ms === null ? 'its goodput did not recover' : `its goodput took ${durationText(ms)} to recover`
        context.broken({ subject: id, why })
      }
    },
  }
}
