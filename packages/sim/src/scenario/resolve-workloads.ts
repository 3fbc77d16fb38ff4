/** What the workloads of a scenario may say: who calls which service, how often, and how long they wait. */
import {
  bool,
  byKind,
  duration,
  durationText,
  type Field,
  type FieldsOf,
  integer,
  listOf,
  name,
  number,
  optional,
  type Place,
  printed,
  record,
  refined,
  text,
} from '@seakeep/core/spi'
import { distributionOr, kindOf } from './fields.ts'
import { usableName } from './names.ts'
import { callKey } from './resolve-key.ts'
import { callTarget } from './resolve-operations.ts'
import type { ResolvedWorkload } from './resolved-scenario.ts'
import type { ClosedLoopData, OpenLoopData } from './scenario-data.ts'

interface Known {
  /** The services of the topology. */
  readonly names: readonly string[]
  readonly durationMs: number
  warn(warning: string): void
}

const KINDS = ['constantArrivalRate', 'poisson', 'closedLoop'] as const
const NOT_YET = ['rampingArrivalRate', 'replay']

export function resolveWorkloads(input: unknown, at: Place, known: Known): readonly ResolvedWorkload[] {
  const fields = workloadFields(known.names)
  const one: Field<Callers> = {
    suffix: '',
    isRequired: true,
    expected: `an object with one of ${KINDS.join(', ')}`,
    resolve: (given, place) => resolveWorkload(given, place, fields, known),
    normalize: (given) => given,
    schema: () => ({}),
  }
  return withIds(listOf(one, { min: 1 }).resolve(input, at), at, usableName('client', new Set(known.names)))
}

/** A workload before it is known what others are called. */
type Callers = Omit<ResolvedWorkload, 'id' | 'callerName'> & { readonly name: string | undefined }

type Fields = ReturnType<typeof workloadFields>

function workloadFields(names: readonly string[]) {
  const common = {
    to: targets(names),
    name: optional(workloadName(names)),
    deadline: optional(duration({ above: 0 })),
    impatient: bool({ default: false }),
    from: duration({ default: 0 }),
    until: optional(duration()),
    maxDepth: optional(integer({ min: 1, max: 1e6 })),
    priority: optional(text()),
    key: optional(callKey),
    zones: listOf(name()),
  }
  const open = record({
    ...common,
    rate: number({ above: 0, max: 1e6 }),
    clients: integer({ default: 1, min: 1, max: 100_000 }),
  } satisfies FieldsOf<OpenLoopData>)
  const closed = record({
    ...common,
    clients: integer({ min: 1, max: 100_000 }),
    thinkTime: distributionOr(0),
    callers: optional(integer({ min: 1, max: 100_000 })),
  } satisfies FieldsOf<ClosedLoopData>)
  return { open, closed }
}

function resolveWorkload(input: unknown, place: Place, fields: Fields, known: Known): Callers {
  const { kind, given, at } = kindOf(input, place, KINDS, NOT_YET)
  if (kind === 'closedLoop') {
    const read = fields.closed.resolve(given, at)
    const callers = read.callers ?? read.clients
    if (callers > read.clients) {
      throw at.at('callers').error(`${callers} is not allowed; at most clients, which is ${read.clients}`)
    }
    const arrivals = { kind: 'closed', users: read.clients, thinkTime: read.thinkTime } as const
    return { ...common(read, at, known), callers, arrivals }
  }
  const read = fields.open.resolve(given, at)
  const arrivals = { kind: kind === 'poisson' ? 'poisson' : 'constant', ratePerSecond: read.rate } as const
  return { ...common(read, at, known), callers: read.clients, arrivals }
}

type Common = Omit<Callers, 'callers' | 'arrivals'>
type Read = Omit<Common, 'untilMs' | 'keyOf'> & {
  readonly untilMs: number | undefined
  readonly key: ResolvedWorkload['keyOf']
}

function common(read: Read, at: Place, { durationMs, warn }: Known): Common {
  const { name, to, deadlineMs, impatient, fromMs, untilMs = durationMs, key: keyOf, ...rest } = read
  const { maxDepth, priority, zones } = rest
  if (impatient && deadlineMs === undefined) {
    throw at.at('impatient').error('needs a deadline, at which its callers give up')
  }
  if (read.untilMs !== undefined && untilMs <= fromMs) {
    throw at.at('until').error(`${durationText(untilMs)} is not allowed; after from, which is ${durationText(fromMs)}`)
  }
  if (fromMs >= durationMs) {
    warn(`${at.path}: begins at ${durationText(fromMs)}, when the run of ${durationText(durationMs)} is over`)
  }
  const until = Math.min(untilMs, durationMs)
  return { name, to, deadlineMs, impatient, fromMs, untilMs: until, maxDepth, priority, keyOf, zones }
}

/** One service, or several with their shares, which are brought to a sum of 1. */
function targets(names: readonly string[]): Field<ResolvedWorkload['to'], ''> {
  const target = callTarget(names)
  const share = record({ service: target, share: number({ default: 1, above: 0, max: 1e12 }) })
  return byKind({
    text: refined(target, (one): ResolvedWorkload['to'] => [{ ...one, share: 1 }]),
    list: refined(listOf(share, { min: 1 }), (several): ResolvedWorkload['to'] => {
      const sum = several.reduce((total, one) => total + one.share, 0)
      return several.map((one) => ({ ...one.service, share: one.share / sum }))
    }),
  })
}

/** Callers stand beside services on edges (`client>gateway`), so they may not be taken for one. */
function workloadName(names: readonly string[]): Field<string, ''> {
  return refined(name(), (given, at) => {
    if (!names.includes(given)) return given
    throw at.error(`${printed(given)} is a service of the topology; callers need a name of their own`)
  })
}

/** Each by its name, else by the service it calls, else (several services) as its callers; twice the same gets a number. */
function withIds(workloads: readonly Callers[], at: Place, unnamed: string): readonly ResolvedWorkload[] {
  const taken = new Set<string>()
  return workloads.map(({ name, ...workload }, i) => {
    const [service, ...others] = new Set(workload.to.map((target) => target.service))
    const base = name ?? (others.length === 0 ? (service ?? unnamed) : unnamed)
    if (name !== undefined && taken.has(name)) {
      throw at.at(i).error(`${printed(name)} is the name of another workload, too; names are unique`)
    }
    let id = base
    for (let n = 2; taken.has(id); n++) id = `${base}#${n}`
    taken.add(id)
    return { id, callerName: name ?? unnamed, ...workload }
  })
}
