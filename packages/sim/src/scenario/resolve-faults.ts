/** What the faults of a scenario may say, and whom they may strike: a target that is not there is an error. */
import {
  duration,
  durationText,
  type Field,
  listOf,
  number,
  optional,
  type Place,
  ratio,
  record,
  text,
} from '@seakeep/core/spi'
import type { CallGraph } from './call-graph.ts'
import { resolveFaultTarget } from './fault-target.ts'
import { SURGE, surgedLoads } from './faults/surge.ts'
import { kindOf } from './fields.ts'
import type { FaultTarget, ResolvedFault, ResolvedService, ResolvedWorkload } from './resolved-scenario.ts'

interface Known {
  readonly services: readonly ResolvedService[]
  readonly workloads: readonly ResolvedWorkload[]
  readonly graph: CallGraph
  readonly durationMs: number
  warn(warning: string): void
}

const KINDS = ['slow', 'error', 'crash', 'pause', 'hold', 'registryDown', 'surge'] as const
type Kind = (typeof KINDS)[number]
const NOT_YET = ['partition', 'loss', 'clockSkew', 'drain', 'deploy']

const target = text()
const lasting = { for: optional(duration()) }
const instant = duration()
const FIELDS = {
  slow: record({
    target,
    ...lasting,
    add: optional(duration()),
    factor: optional(number({ min: 0, max: 1e6 })),
    to: optional(duration()),
    ratio: ratio({ default: 1 }),
  }),
  error: record({ target, ...lasting, ratio: ratio({ default: 1 }), after: duration({ default: 0 }) }),
  crash: record({ target, restartAfter: optional(duration()) }),
  pause: record({ target, ...lasting }),
  hold: record({ target, ...lasting }),
  registryDown: record(lasting),
  surge: SURGE,
}

export function resolveFaults(input: unknown, at: Place, known: Known): readonly ResolvedFault[] {
  const one: Field<ResolvedFault> = {
    suffix: '',
    isRequired: true,
    expected: `an object with at and one of ${KINDS.join(', ')}`,
    resolve: (given, place) => resolveFault(given, place, known),
    normalize: (given) => given,
    schema: () => ({}),
  }
  return told(listOf(one).resolve(input, at))
}

/** Several surges are told apart by number: `surge`, `surge2`. */
function told(faults: readonly ResolvedFault[]): readonly ResolvedFault[] {
  let surges = 0
  return faults.map((fault) => {
    if (fault.kind !== 'surge') return fault
    surges += 1
    return surges === 1 ? fault : { ...fault, tag: `surge${surges}` }
  })
}

function resolveFault(input: unknown, place: Place, known: Known): ResolvedFault {
  const { kind, given, at } = kindOf(input, place, KINDS, NOT_YET, ['at'])
  const atMs = instant.resolve((input as { readonly at?: unknown }).at, place.at('at'))
  if (atMs >= known.durationMs) {
    known.warn(
      `${place.path}: strikes at ${durationText(atMs)}, when the run of ${durationText(known.durationMs)} is over`,
    )
  }
  return { atMs, ...readFault(kind, given, at, atMs, known) }
}

/** `Omit` over each member of a union. */
type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never

function readFault(kind: Kind, given: unknown, at: Place, atMs: number, known: Known): Without<ResolvedFault, 'atMs'> {
  const targetOf = (name: string): FaultTarget => resolveFaultTarget(name, at.at('target'), known)
  const until = (lengthMs: number | undefined): number =>
    lengthMs === undefined ? Number.POSITIVE_INFINITY : atMs + lengthMs
  switch (kind) {
    case 'slow': {
      const read = FIELDS.slow.resolve(given, at)
      const [change, how] = changeOf(read, at)
      const label = `slow ${read.target} ${how}${share(read.ratio)}`
      return { kind, target: targetOf(read.target), change, ratio: read.ratio, untilMs: until(read.forMs), label }
    }
    case 'error': {
      const read = FIELDS.error.resolve(given, at)
      const label = `error ${read.target}${share(read.ratio)}`
      const struck = instances(targetOf(read.target), kind, at)
      return { kind, target: struck, ratio: read.ratio, afterMs: read.afterMs, untilMs: until(read.forMs), label }
    }
    case 'crash': {
      const { target, restartAfterMs } = FIELDS.crash.resolve(given, at)
      const struck = instances(targetOf(target), kind, at)
      return { kind, target: struck, restartAfterMs, untilMs: until(restartAfterMs), label: `crash ${target}` }
    }
    case 'pause': {
      const { target, forMs } = FIELDS.pause.resolve(given, at)
      return { kind, target: instances(targetOf(target), kind, at), untilMs: until(forMs), label: `pause ${target}` }
    }
    case 'hold': {
      const { target, forMs } = FIELDS.hold.resolve(given, at)
      const edge = targetOf(target)
      if (edge.kind !== 'edge') throw at.at('target').error(`hold strikes an edge, a>b; ${target} is ${describe(edge)}`)
      return { kind, target: edge, untilMs: until(forMs), label: `hold ${target}` }
    }
    case 'registryDown':
      return { kind, untilMs: until(FIELDS.registryDown.resolve(given, at).forMs), label: 'registry down' }
    case 'surge': {
      const { target, factor, forMs } = FIELDS.surge.resolve(given, at)
      const loads = surgedLoads(target, at.at('target'), known.workloads)
      return { kind, of: target, loads, factor, untilMs: until(forMs), label: `surge ${target} ×${factor}`, tag: kind }
    }
  }
}

/** What happens to processes cannot happen to an edge. */
function instances(target: FaultTarget, kind: Kind, at: Place): FaultTarget {
  if (target.kind !== 'edge') return target
  throw at
    .at('target')
    .error(`${kind} strikes a service, an instance or a zone, not an edge; slow and hold strike edges`)
}

function describe(target: FaultTarget): string {
  return target.kind === 'instance' ? 'an instance' : `a ${target.kind}`
}

type SlowChange = (ResolvedFault & { readonly kind: 'slow' })['change']

function changeOf(
  read: { readonly addMs: number | undefined; readonly factor: number | undefined; readonly toMs: number | undefined },
  at: Place,
): readonly [SlowChange, string] {
  const { addMs, factor, toMs } = read
  if ([addMs, factor, toMs].filter((one) => one !== undefined).length !== 1) {
    throw at.error('exactly one of add, factor, to says how much slower')
  }
  if (addMs !== undefined) return [{ addMs }, `+${durationText(addMs)}`]
  if (factor !== undefined) return [{ factor }, `×${factor}`]
  return [{ toMs: toMs ?? 0 }, `to ${durationText(toMs ?? 0)}`]
}

/** A share of the requests, where it is not all of them. */
function share(ratio: number): string {
  return ratio === 1 ? '' : ` ${Number((ratio * 100).toPrecision(3))}%`
}
