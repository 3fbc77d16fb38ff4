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
  crash: { draw: (d) => ({ target: d.processes(), restartAfter: d.length() }) },
  pause: { draw: (d) => ({ target: d.processes(), for: d.length() }) },
  hold: { canStrike: hasEdges, draw: (d) => ({ target: d.pick(d.targets.edges), for: d.length() }) },
  registryDown: { draw: (d) => ({ for: d.length() }) },
  surge: {
    canStrike: ({ called }) => called.length > 0,
    draw: (d) => ({ target: d.pick(d.targets.called), factor: d.scale(1.2, 5), for: d.length() }),
  },
}
