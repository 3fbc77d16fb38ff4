/** What the workloads of a scenario may say: who calls which service, how often, and how long they wait. */
import {
  bool,
  byKind,
  duration,
  durationText,
  extended,
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
} from '@seakeep/core/spi'
import type { Distribution } from '../../model/distribution.ts'
import { distribution } from '../../model/distribution-field.ts'
import { distributionOr, kindOf } from '../fields.ts'
import { usableName } from '../names.ts'
import type { ResolvedArrivals } from '../resolved-arrivals.ts'
import type { ResolvedWorkload } from '../resolved-scenario.ts'
import type { ClosedLoopData, OpenCallersData, UserRetryData } from '../workload-data.ts'
import { type Arriving, arrivalFields, OPEN_KINDS, type OpenKind } from './resolve-arrivals.ts'
import { callClass, callKey, type KeyOf } from './resolve-key.ts'
import { callTarget } from './resolve-operations.ts'

interface Known {
  /** The services of the topology. */
  readonly names: readonly string[]
  readonly durationMs: number
  /** What the paths of recordings are relative to. */
  readonly baseDir: string
  warn(warning: string): void
}

const KINDS = [...OPEN_KINDS, 'closedLoop'] as const

export function resolveWorkloads(input: unknown, at: Place, known: Known): readonly ResolvedWorkload[] {
  const fields = workloadFields(known)
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

function workloadFields(known: Known) {
  const { names } = known
  const common = {
    to: targets(names),
    name: optional(workloadName(names)),
    deadline: optional(callDeadline),
    impatient: bool({ default: false }),
    from: duration({ default: 0 }),
    until: optional(duration()),
    maxDepth: optional(integer({ min: 1, max: 1e6 })),
    priority: optional(callClass),
    key: optional(callKey),
    zones: listOf(name()),
  }
  const calling = {
    ...common,
    clients: integer({ default: 1, min: 1, max: 100_000 }),
    retry: optional(userRetry),
  } satisfies FieldsOf<OpenCallersData>
  const own = arrivalFields(known)
  const open = (kind: OpenKind) => extended<Arriving, typeof calling>(own[kind], calling)
  const closed = record({
    ...common,
    clients: integer({ min: 1, max: 100_000 }),
    thinkTime: distributionOr(0),
    callers: optional(integer({ min: 1, max: 100_000 })),
  } satisfies FieldsOf<ClosedLoopData>)
  return { open, closed }
}

function resolveWorkload(input: unknown, place: Place, fields: Fields, known: Known): Callers {
  const { kind, given, at } = kindOf(input, place, KINDS)
  if (kind === 'closedLoop') {
    const read = fields.closed.resolve(given, at)
    const callers = read.callers ?? read.clients
    if (callers > read.clients) {
      throw at.at('callers').error(`${callers} is not allowed; at most clients, which is ${read.clients}`)
    }
    const arrivals = { kind: 'closed', users: read.clients, thinkTime: read.thinkTime } as const
    return { ...common(read, at, known), callers, arrivals }
  }
  const { arrivals, clients, retry, ...read } = fields.open(kind).resolve(given, at)
  const rest = common(read, at, known)
  if (arrivals.kind === 'recorded') warnOfLate(arrivals, rest, at, known)
  return { ...rest, to: withRecorded(read.to, arrivals), callers: clients, retry, arrivals }
}

type Common = Omit<Callers, 'callers' | 'arrivals' | 'retry'>
type Read = Omit<Common, 'untilMs' | 'keyOf' | 'deadlineMs' | 'patience' | 'priority' | 'priorityOf'> & {
  readonly untilMs: number | undefined
  readonly key: KeyOf | undefined
  readonly priority: string | KeyOf | undefined
  readonly deadline: number | Distribution | undefined
}

function common(read: Read, at: Place, { durationMs, warn }: Known): Common {
  const { name, to, deadline, impatient, fromMs, untilMs = durationMs, key: keyOf, priority, maxDepth, zones } = read
  if (impatient && deadline === undefined) {
    throw at.at('impatient').error('needs a deadline, at which its callers give up')
  }
  if (!impatient && typeof deadline === 'object') {
    const problem = 'a distribution is the patience of each user, who gives up then'
    throw at.at('deadline').error(`${problem}; with impatient: true, or one length for all`)
  }
  if (read.untilMs !== undefined && untilMs <= fromMs) {
    throw at.at('until').error(`${durationText(untilMs)} is not allowed; after from, which is ${durationText(fromMs)}`)
  }
  if (fromMs >= durationMs) {
    warn(`${at.path}: begins at ${durationText(fromMs)}, when the run of ${durationText(durationMs)} is over`)
  }
  const until = Math.min(untilMs, durationMs)
  const waits = typeof deadline === 'object' ? { deadlineMs: undefined, patience: deadline } : { deadlineMs: deadline }
  const ranks = typeof priority === 'function' ? { priority: undefined, priorityOf: priority } : { priority }
  return { name, to, ...waits, impatient, fromMs, untilMs: until, maxDepth, ...ranks, keyOf, zones }
}

/** A recording that is all over before it is due plays nothing. */
function warnOfLate(
  { calls }: ResolvedArrivals & { readonly kind: 'recorded' },
  { fromMs, untilMs }: Common,
  at: Place,
  { warn }: Known,
): void {
  const late = calls.filter((call) => fromMs + call.atMs >= untilMs).length
  if (late === 0) return
  const hint = late === calls.length ? '; fromFirst: true counts from the first of them' : ''
  warn(
    `${at.at('arrivals').path}: ${late} of ${calls.length} come after ${durationText(untilMs)} and are not made${hint}`,
  )
}

/** Services that only calls of a recording name are called as well, though none of the others is meant for them. */
function withRecorded(to: ResolvedWorkload['to'], arrivals: ResolvedArrivals): ResolvedWorkload['to'] {
  if (arrivals.kind !== 'recorded') return to
  const known = new Set(to.map(({ service, method }) => `${service}/${method}`))
  const more = arrivals.calls.flatMap(({ to: one }) => {
    if (one === undefined || known.has(`${one.service}/${one.method}`)) return []
    known.add(`${one.service}/${one.method}`)
    return [{ ...one, share: 0 }]
  })
  return [...to, ...more]
}

const length = duration({ above: 0 })
/** One length for all calls, or a distribution. */
const callDeadline: Field<number | Distribution, ''> = byKind({ number: length, text: length, object: distribution })

const userRetry = record({
  maxAttempts: integer({ min: 1, max: 1000 }),
  after: distributionOr(0),
} satisfies FieldsOf<UserRetryData>)

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
    const [service, ...others] = new Set(workload.to.flatMap((one) => (one.share > 0 ? one.service : [])))
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
