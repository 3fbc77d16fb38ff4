/**
 * What a service, a method or a version does with a request, as it is written, and what comes of it when one is laid over
 * another: a version says only in what it differs.
 */
import {
  bool,
  byKey,
  type Field,
  type FieldsOf,
  listOf,
  mapOf,
  missing,
  optional,
  type Place,
  printed,
  type RecordField,
  type Resolved,
  ratio,
  record,
  refined,
  text,
} from '@seakeep/core/spi'
import type { Distribution } from '../../model/distribution.ts'
import { distribution } from '../../model/distribution-field.ts'
import { cache, type ResolvedCache } from '../cache.ts'
import type { MessageSizes, ResolvedOperation, ResolvedStep } from '../resolved-scenario.ts'
import { unknownWord } from '../said.ts'
import type { OperationData, StepData } from '../scenario-data.ts'
import { bytes } from './byte-fields.ts'

/** An operation as it was written: what is not said is undefined. */
export type WrittenOperation = Resolved<OperationFields>
export type WrittenMethods = { readonly [method: string]: WrittenOperation }

export type OperationFields = {
  readonly work: Field<Distribution | undefined, ''>
  readonly calls: Field<readonly CallTarget[] | undefined, ''>
  readonly steps: Field<readonly ResolvedStep[] | undefined, ''>
  readonly errorRate: Field<number | undefined, ''>
  readonly requestBytes: Field<number | undefined, ''>
  readonly responseBytes: Field<number | undefined, ''>
  readonly cache: Field<ResolvedCache | undefined, ''>
}

const SIZES = { requestBytes: optional(bytes()), responseBytes: optional(bytes()) }

export function operationFields(names: readonly string[]): OperationFields {
  const target = callTarget(names)
  return {
    work: optional(distribution),
    calls: optional(listOf(target)),
    steps: optional(listOf(stepField(target))),
    errorRate: optional(ratio()),
    ...SIZES,
    cache,
  } satisfies FieldsOf<OperationData>
}

export function methodsField(fields: OperationFields): Field<WrittenMethods, ''> {
  const method: RecordField<WrittenOperation> = record(fields, {
    finish(written, at): WrittenOperation {
      checkSteps(written, at)
      return written
    },
  })
  return mapOf(text(), method)
}

/** Refuses `steps` beside their short form. */
export function checkSteps({ work, calls, steps }: WrittenOperation, at: Place): void {
  if (steps === undefined) return
  const beside = work !== undefined ? 'work' : calls !== undefined && calls.length > 0 ? 'calls' : undefined
  if (beside === undefined) return
  const instead = beside === 'work' ? '{ work: … }' : '{ call: … }'
  throw at.at('steps').error(`not allowed beside ${beside}; write it as a step, ${instead}`)
}

export function isNothing({ work, calls, steps, errorRate, cache }: WrittenOperation): boolean {
  return work === undefined && !calls?.length && !steps?.length && (errorRate ?? 0) === 0 && cache === undefined
}

/** Of a service with real code, which says how long its messages are and nothing else; undefined where it says nothing. */
export function sizesAlone({ requestBytes, responseBytes }: MessageSizes): ResolvedOperation | undefined {
  if (requestBytes === undefined && responseBytes === undefined) return undefined
  return { steps: [], errorRate: 0, requestBytes, responseBytes, cache: undefined }
}

/** By method, `''` for the service's own; `over` is laid over `own`, method by method. */
export function operationsOf(
  own: WrittenOperation & { readonly methods: WrittenMethods },
  over?: WrittenOperation & { readonly methods: WrittenMethods },
): Map<string, ResolvedOperation> {
  const methods = new Set([...Object.keys(own.methods), ...Object.keys(over?.methods ?? {})])
  const operations = new Map<string, ResolvedOperation>()
  for (const method of methods) operations.set(method, resolved(laid(own.methods[method], over?.methods[method])))
  return operations.set('', resolved(laid(own, over)))
}

/** Field by field; `steps` and their short form are two ways to say one thing. */
function laid(own: WrittenOperation = NOTHING, over: WrittenOperation = NOTHING): WrittenOperation {
  const { steps } = over
  const errorRate = over.errorRate ?? own.errorRate
  const requestBytes = over.requestBytes ?? own.requestBytes
  const responseBytes = over.responseBytes ?? own.responseBytes
  const rest = { errorRate, requestBytes, responseBytes, cache: over.cache ?? own.cache }
  if (steps !== undefined) return { steps, ...rest, work: undefined, calls: undefined }
  const isShort = over.work !== undefined || over.calls !== undefined
  const work = over.work ?? own.work
  return { work, calls: over.calls ?? own.calls, steps: isShort ? undefined : own.steps, ...rest }
}

const NOTHING: WrittenOperation = {
  work: undefined,
  calls: undefined,
  steps: undefined,
  errorRate: undefined,
  requestBytes: undefined,
  responseBytes: undefined,
  cache: undefined,
}

function resolved({ work, calls = [], steps, errorRate = 0, ...rest }: WrittenOperation): ResolvedOperation {
  if (steps !== undefined) return { steps: steps.filter(isSomething), errorRate, ...rest }
  const first: ResolvedStep[] = work === undefined ? [] : [{ kind: 'work', work }]
  const then = calls.map((call): ResolvedStep => ({ kind: 'call', ...call, ...PLAIN }))
  return { steps: [...first, ...then], errorRate, ...rest }
}

const PLAIN = { probability: 1, optional: false, sizes: undefined } as const

/** An empty list of parallel steps is nothing to wait for. */
function isSomething(step: ResolvedStep): boolean {
  return step.kind !== 'parallel' || step.steps.length > 0
}

export type CallTarget = { readonly service: string; readonly method: string | undefined }

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
    wait: record({ wait: distribution }, { finish: ({ wait }): ResolvedStep => ({ kind: 'wait', wait }) }),
    call: record(
      { call: target, probability: ratio({ default: 1 }), optional: bool({ default: false }), ...SIZES },
      {
        finish: ({ call, requestBytes, responseBytes, ...rest }): ResolvedStep => {
          const isSaid = requestBytes !== undefined || responseBytes !== undefined
          return { kind: 'call', ...call, ...rest, sizes: isSaid ? { requestBytes, responseBytes } : undefined }
        },
      },
    ),
  })
  const expected = 'a step, { work }, { wait } or { call }, or a list of steps that run in parallel'
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
