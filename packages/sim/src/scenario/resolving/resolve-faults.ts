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
import type { CallGraph } from '../call-graph.ts'
import { readBandwidth } from '../faults/bandwidth.ts'
import { readClockSkew } from '../faults/clock-skew.ts'
import { readDeploy } from '../faults/deploy.ts'
import { readDrain } from '../faults/drain.ts'
import { readDuplicate } from '../faults/duplicate.ts'
import type { FaultReading, ReadFault } from '../faults/fault-reading.ts'
import { readLoss } from '../faults/loss.ts'
import { readPartition } from '../faults/partition.ts'
import { readRegistryWeakness } from '../faults/registry-weakness.ts'
import { filterFields, resolveFilter, struckText } from '../faults/request-filter.ts'
import { readReset } from '../faults/reset.ts'
import { readServerFault } from '../faults/server-fault.ts'
import { SURGE, surgedLoads } from '../faults/surge.ts'
import { kindOf } from '../fields.ts'
import type { FaultTarget, ResolvedFault, ResolvedService, ResolvedWorkload, WayTarget } from '../resolved-scenario.ts'
import { resolveFaultTarget } from './fault-target.ts'

interface Known {
  readonly services: readonly ResolvedService[]
  readonly workloads: readonly ResolvedWorkload[]
  readonly graph: CallGraph
  readonly durationMs: number
  warn(warning: string): void
}

const KINDS = [
  ...(['slow', 'error', 'crash', 'pause', 'hold', 'registryDown'] as const),
  ...(['partition', 'loss', 'duplicate', 'bandwidth', 'reset'] as const),
  ...(['registryStale', 'registryFlap', 'registryPartial', 'registryEmpty', 'registryPartition'] as const),
  ...(['drain', 'deploy', 'clockSkew'] as const),
  ...(['hang', 'capacity', 'flush', 'surge'] as const),
] as const
type Kind = (typeof KINDS)[number]

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
    ...filterFields,
  }),
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
  const { kind, given, at } = kindOf(input, place, KINDS, ['at'])
  const atMs = instant.resolve((input as { readonly at?: unknown }).at, place.at('at'))
  if (atMs >= known.durationMs) {
    known.warn(
      `${place.path}: strikes at ${durationText(atMs)}, when the run of ${durationText(known.durationMs)} is over`,
    )
  }
  return { atMs, ...readFault(kind, given, at, atMs, known) }
}

function readFault(kind: Kind, given: unknown, at: Place, atMs: number, known: Known): ReadFault<Kind> {
  const targetOf = (name: string): FaultTarget => resolveFaultTarget(name, at.at('target'), known)
  const until = (lengthMs: number | undefined): number =>
    lengthMs === undefined ? Number.POSITIVE_INFINITY : atMs + lengthMs
  const reading: FaultReading = {
    ...{ at, atMs, services: known.services, workloads: known.workloads, graph: known.graph, until },
    instances: (name) => instances(targetOf(name), kind, at),
  }
  switch (kind) {
    case 'slow': {
      const read = FIELDS.slow.resolve(given, at)
      const [change, how] = changeOf(read, at)
      const only = resolveFilter(read, at, known.graph.parties)
      const struck = targetOf(read.target)
      if (only !== undefined && isWay(struck)) {
        throw at.error(`${only.label}: packets are not looked into; key, caller, method and priority are for services`)
      }
      const label = `slow ${read.target} ${how}${struckText(read.ratio, only)}`
      return { kind, target: struck, change, ratio: read.ratio, only, untilMs: until(read.forMs), label }
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
      if (!isWay(edge)) throw at.at('target').error(`hold strikes an edge, a>b; ${target} is ${describe(edge)}`)
      return { kind, target: edge, untilMs: until(forMs), label: `hold ${target}` }
    }
    case 'partition':
      return readPartition(given, reading)
    case 'loss':
      return readLoss(given, reading)
    case 'duplicate':
      return readDuplicate(given, reading)
    case 'bandwidth':
      return readBandwidth(given, reading)
    case 'reset':
      return readReset(given, reading)
    case 'registryDown':
      return { kind, untilMs: until(FIELDS.registryDown.resolve(given, at).forMs), label: 'registry down' }
    case 'registryStale':
    case 'registryFlap':
    case 'registryPartial':
    case 'registryEmpty':
    case 'registryPartition':
      return readRegistryWeakness(kind, given, reading)
    case 'drain':
      return readDrain(given, reading)
    case 'deploy':
      return readDeploy(given, reading)
    case 'clockSkew':
      return readClockSkew(given, reading)
    case 'surge': {
      const { target, factor, forMs } = FIELDS.surge.resolve(given, at)
      const loads = surgedLoads(target, at.at('target'), known.workloads)
      return { kind, of: target, loads, factor, untilMs: until(forMs), label: `surge ${target} ×${factor}`, tag: kind }
    }
    default:
      return readServerFault(kind, given, reading)
  }
}

function isWay(target: FaultTarget): target is WayTarget {
  return target.kind === 'edge' || target.kind === 'link'
}

/** What happens to processes cannot happen to an edge. */
function instances(target: FaultTarget, kind: Kind, at: Place): FaultTarget {
  if (!isWay(target)) return target
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
