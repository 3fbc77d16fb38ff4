/**
 * What the services of a scenario may say, and what is meant by it. The fields are described once for a whole topology,
 * since a step may only call a service that is there.
 */
import {
  bool,
  byKey,
  duration,
  type Field,
  type FieldsOf,
  func,
  integer,
  listOf,
  mapOf,
  missing,
  name,
  oneOf,
  optional,
  type Place,
  printed,
  type Resolved,
  ratio,
  record,
  refined,
  text,
} from '@seakeep/core/spi'
import { distribution } from '../model/distribution-field.ts'
import type { AppHandler } from './app-handler.ts'
import { onlyYet } from './fields.ts'
import type { ResolvedOperation, ResolvedService, ResolvedStep } from './resolved-scenario.ts'
import { unknownWord } from './said.ts'
import type { OperationData, ServiceData, StepData } from './scenario-data.ts'

/** The services of the topology `input`, in its order. */
export function resolveServices(input: unknown, at: Place, names: readonly string[]): readonly ResolvedService[] {
  const services = mapOf(name(), serviceField(names), { min: 1 }).resolve(input, at)
  return Object.entries(services).map(([service, options]) => ({ name: service, ...options }))
}

function serviceField(names: readonly string[]): Field<Omit<ResolvedService, 'name'>> {
  const work = operationFields(names)
  const method = record(work, { finish: operationOf })
  return record(
    {
      ...work,
      replicas: integer({ default: 1, min: 1, max: 100_000 }),
      concurrency: optional(integer({ min: 1, max: 1e6 })),
      queue: optional(integer({ min: 0, max: 1e9 })),
      queueTimeout: optional(duration()),
      zones: listOf(name()),
      methods: mapOf(text(), method),
      app: optional(func<AppHandler>()),
      onThrow: oneOf(['stop', 'fail'], { default: 'stop' }),
      discipline: oneOf(['fifo'], { default: 'fifo', notYet: ['lifo', 'priority', 'processor-sharing', 'codel'] }),
      holdWorkerDuringCalls: onlyYet(true, (input) => input === false),
      onCancel: oneOf(['finish'], { default: 'finish', notYet: ['dequeue', 'abort'] }),
    } satisfies FieldsOf<ServiceData>,
    {
      notYet: ['versions'],
      finish(given, at): Omit<ResolvedService, 'name'> {
        const own = operationOf(given, at)
        const operations = new Map(Object.entries(given.methods))
        if (given.app === undefined) operations.set('', own)
        else refuseBesideApp(operations.size > 0 || own.steps.length > 0 || own.errorRate > 0, at)
        return {
          replicas: given.replicas,
          concurrency: given.concurrency ?? Number.POSITIVE_INFINITY,
          queue: given.queue ?? Number.POSITIVE_INFINITY,
          queueTimeoutMs: given.queueTimeoutMs,
          zones: given.zones,
          operations,
          app: given.app,
          onThrow: given.onThrow,
        }
      },
    },
  )
}

function refuseBesideApp(isBeside: boolean, at: Place): void {
  if (!isBeside) return
  throw at
    .at('app')
    .error('a service with an app has no work, calls, steps, methods or errorRate: its code does it all')
}

type OperationFields = ReturnType<typeof operationFields>

function operationFields(names: readonly string[]) {
  const target = callTarget(names)
  return {
    work: optional(distribution),
    calls: listOf(target),
    steps: optional(listOf(stepField(target))),
    errorRate: ratio({ default: 0 }),
  } satisfies FieldsOf<OperationData>
}

function operationOf(given: Resolved<OperationFields>, at: Place): ResolvedOperation {
  const { work, calls, steps, errorRate } = given
  if (steps !== undefined) {
    const beside = work !== undefined ? 'work' : calls.length > 0 ? 'calls' : undefined
    if (beside === undefined) return { steps: steps.filter(isSomething), errorRate }
    const instead = beside === 'work' ? '{ work: … }' : '{ call: … }'
    throw at.at('steps').error(`not allowed beside ${beside}; write it as a step, ${instead}`)
  }
  const first: ResolvedStep[] = work === undefined ? [] : [{ kind: 'work', work }]
  const then = calls.map((call): ResolvedStep => ({ kind: 'call', ...call, probability: 1, optional: false }))
  return { steps: [...first, ...then], errorRate }
}

/** An empty list of parallel steps is nothing to wait for. */
function isSomething(step: ResolvedStep): boolean {
  return step.kind !== 'parallel' || step.steps.length > 0
}

type CallTarget = { readonly service: string; readonly method: string | undefined }

/** `payments`, or `payments/POST /charges`: what stands behind the first slash is the method. */
export function callTarget(names: readonly string[]): Field<CallTarget, ''> {
  const known = new Set(names)
  return refined(text(), (target, at) => {
    const slash = target.indexOf('/')
    const service = slash < 0 ? target : target.slice(0, slash)
    if (!known.has(service)) throw unknownWord(at, `${printed(service)} is not in the topology`, service, names)
    const method = slash < 0 ? undefined : target.slice(slash + 1)
    if (method === '') throw at.error(`${printed(target)} names no method behind its slash`)
    return { service, method }
  })
}

function stepField(target: Field<CallTarget, ''>): Field<ResolvedStep, ''> {
  const one = byKey({
    work: record({ work: distribution }, { finish: ({ work }): ResolvedStep => ({ kind: 'work', work }) }),
    call: record(
      { call: target, probability: ratio({ default: 1 }), optional: bool({ default: false }) },
      { finish: ({ call, ...rest }): ResolvedStep => ({ kind: 'call', ...call, ...rest }) },
    ),
  })
  const expected = 'a step, { work } or { call }, or a list of steps that run in parallel'
  const resolve = (input: unknown, at: Place): ResolvedStep => {
    if (input === undefined) throw missing(at, expected)
    if (!Array.isArray(input)) return one.resolve(input, at)
    const steps = input.map((step: StepData, i) => resolve(step, at.at(i)))
    return { kind: 'parallel', steps: steps.filter(isSomething) }
  }
  return {
    suffix: '',
    isRequired: true,
    expected,
    resolve,
    normalize: resolve,
    schema: () => ({ description: expected }),
  }
}
