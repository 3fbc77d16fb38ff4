import { durationText } from '@seakeep/core/spi'
import type { ResolvedFault } from '../../scenario/resolved-scenario.ts'
import { edgeOf, type Invariant, type InvariantContext } from './invariant.ts'

/** Faults during which somebody hears nothing from the registry, or nothing that is so. */
const SILENT: ReadonlySet<ResolvedFault['kind']> = new Set([
  ...([
    'registryDown',
    'registryStale',
    'registryFlap',
    'registryPartial',
    'registryEmpty',
    'registryPartition',
  ] as const),
  'partition',
])

/**
 * Nobody calls an instance that has been gone, or on its way out, for longer than it takes to hear of it. While the
 * registry is struck nobody does hear of it: what was known last is used on, and the time counts from its end.
 */
export function noCallToDead(context: InvariantContext): Invariant {
  const graceMs = context.invariant.lengthMs ?? 0
  // Since when: as the run tells it, else since it was seen first.
  const drains = new Map<string, number>()
  const silences = context.scenario.faults.filter((fault) => SILENT.has(fault.kind))
  const heardUs = (goneUs: number, nowUs: number): number => {
    const heard = silences.flatMap(({ atMs, untilMs }) =>
      atMs * 1000 <= nowUs && untilMs * 1000 >= goneUs ? [Math.min(nowUs, untilMs * 1000)] : [],
    )
    return Math.max(goneUs, ...heard)
  }
  return {
    onEvent({ type, atMs, endpoint }) {
      if (type === 'drainStarted') drains.set(String(endpoint), atMs * 1000)
    },
    onSent(call, _number, instance) {
      const nowUs = context.nowUs()
      const { name, host, isDraining = false } = instance
      if (!isDraining) drains.delete(name)
      else if (!drains.has(name)) drains.set(name, nowUs)
      const sinceUs = host.isUp ? drains.get(name) : host.downUs
      if (sinceUs === undefined || nowUs - heardUs(sinceUs, nowUs) <= graceMs * 1000) return
      const how = host.isUp ? 'draining' : 'dead'
      const why = `sent to ${name}, which has been ${how} for ${durationText(Math.round((nowUs - sinceUs) / 1000))}`
      context.broken({ subject: edgeOf(call), why, call })
    },
  }
}
