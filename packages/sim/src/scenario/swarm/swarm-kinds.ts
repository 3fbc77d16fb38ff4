/**
 * How each kind of fault is drawn. A kind that has no line here is not drawn; one of which the topology has no target is
 * not drawn there.
 */
import type { ResolvedFault } from '../resolved-scenario.ts'
import type { SwarmDraw, SwarmTargets } from './swarm-draw.ts'

export type SwarmKind = ResolvedFault['kind']

export interface SwarmKindRule {
  /** Everywhere, where it does not say. */
  canStrike?(targets: SwarmTargets): boolean
  /** What stands under the kind's key. */
  draw(draw: SwarmDraw): object
}

const hasEdges = ({ edges }: SwarmTargets): boolean => edges.length > 0
/** A drain spreads for five seconds by default, and what is drawn should be over before the run is. */
const DRAIN_MS = 30_000
/** Two batches of them. */
const DEPLOY_MS = 60_000

export const SWARM_KINDS: { readonly [Kind in SwarmKind]?: SwarmKindRule } = {
  slow: {
    draw: (d) => ({
      target: d.processes(),
      ...(d.pick([true, false]) ? { factor: d.scale(1.5, 50) } : { add: `${d.scale(5, 2000)}ms` }),
      ratio: d.pick([1, d.between(0.05, 0.95)]),
      for: d.length(),
    }),
  },
  error: { draw: (d) => ({ target: d.processes(), ratio: d.pick([1, d.between(0.05, 0.95)]), for: d.length() }) },
  // Its workers are lost until the process is restarted: of a whole service that is nothing to recover from.
  hang: {
    draw: (d) => ({ target: d.pick(d.targets.instances), ratio: d.pick([1, d.between(0.01, 0.5)]), for: d.length() }),
  },
  crash: { draw: (d) => ({ target: d.processes(), restartAfter: d.length() }) },
  pause: { draw: (d) => ({ target: d.processes(), for: d.length() }) },
  capacity: {
    canStrike: ({ limited }) => limited.length > 0,
    draw: (d) => ({ target: d.pick(d.targets.limited), factor: d.between(0, 0.9), for: d.length() }),
  },
  flush: { canStrike: ({ cached }) => cached.length > 0, draw: (d) => ({ target: d.pick(d.targets.cached) }) },
  clockSkew: {
    draw: (d) => ({
      target: d.processes(),
      ...d.pick([
        { drift: Math.round(d.scale(100, 400_000)) * d.pick([1, -1]) },
        { offset: `${d.pick(['', '-'])}${Math.round(d.scale(1, 3600))}s` },
        { step: `${d.pick(['', '-'])}${Math.round(d.scale(1, 3600))}s` },
      ]),
      for: d.length(),
    }),
  },
  drain: {
    canStrike: ({ timeMs }) => timeMs >= DRAIN_MS,
    draw: (d) => ({ target: d.pick(d.targets.instances), restartAfter: d.length() }),
  },
  deploy: {
    canStrike: ({ timeMs }) => timeMs >= DEPLOY_MS,
    draw: (d) => ({
      target: d.pick(d.targets.services),
      batch: d.pick(['50%', '100%']),
      drain: d.pick([true, false]),
      startAfter: `${d.between(0.1, 2)}s`,
    }),
  },
  hold: { canStrike: hasEdges, draw: (d) => ({ target: d.pick(d.targets.edges), for: d.length() }) },
  partition: {
    draw: (d) => ({ target: d.messages(), direction: d.pick(['both', 'to', 'from']), for: d.length() }),
  },
  loss: { draw: (d) => ({ target: d.messages(), ratio: d.scale(0.005, 0.5), for: d.length() }) },
  duplicate: { draw: (d) => ({ target: d.messages(), ratio: d.between(0.05, 0.95), for: d.length() }) },
  reset: { draw: (d) => ({ target: d.messages(), ratio: d.scale(0.01, 0.5), for: d.length() }) },
  bandwidth: {
    canStrike: ({ hasLengths }) => hasLengths,
    draw: (d) => ({ target: d.messages(), to: `${Math.round(d.scale(20, 20_000))}KB/s`, for: d.length() }),
  },
  registryDown: { draw: (d) => ({ for: d.length() }) },
  registryStale: { draw: (d) => ({ for: d.length() }) },
  registryEmpty: { draw: (d) => ({ for: d.length() }) },
  registryFlap: { draw: (d) => ({ target: d.processes(), every: `${d.scale(0.5, 20)}s`, for: d.length() }) },
  registryPartial: { draw: (d) => ({ ratio: d.between(0.1, 0.9), for: d.length() }) },
  registryPartition: {
    draw: (d) => ({
      ...(d.targets.zones.length > 0 && d.pick([true, false])
        ? { zones: [d.pick(d.targets.zones)] }
        : { services: [d.pick(d.targets.services)] }),
      for: d.length(),
    }),
  },
  surge: {
    canStrike: ({ called }) => called.length > 0,
    draw: (d) => ({ target: d.pick(d.targets.called), factor: d.scale(1.2, 5), for: d.length() }),
  },
}
