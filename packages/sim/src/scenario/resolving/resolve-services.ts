/**
 * What the services of a scenario may say, and what is meant by it. The fields are described once for a whole topology,
 * since a step may only call a service that is there.
 */
import {
  bool,
  type Field,
  type FieldsOf,
  func,
  integer,
  listOf,
  mapOf,
  name,
  number,
  oneOf,
  optional,
  type Place,
  record,
  text,
} from '@seakeep/core/spi'
import { distribution } from '../../model/distribution-field.ts'
import type { AppHandler } from '../app-handler.ts'
import { AUTOSCALE, checkAutoscale } from '../autoscale.ts'
import { coldStart } from '../cold-start.ts'
import { contention } from '../contention.ts'
import { DRAIN_TIMES } from '../drain-times.ts'
import { eventLoop } from '../event-loop.ts'
import type { MessageSizes, ResolvedOperation, ResolvedService, ResolvedVersion } from '../resolved-scenario.ts'
import type { ServiceData, VersionData } from '../scenario-data.ts'
import {
  checkSteps,
  isNothing,
  methodsField,
  operationFields,
  operationsOf,
  sizesAlone,
  type WrittenMethods,
  type WrittenOperation,
} from './resolve-operations.ts'

/** The services of the topology `input`, in its order. */
export function resolveServices(input: unknown, at: Place, names: readonly string[]): readonly ResolvedService[] {
  const services = mapOf(name(), serviceField(names), { min: 1 }).resolve(input, at)
  return Object.entries(services).map(([service, options]) => ({ name: service, ...options }))
}

const REPLICAS = { min: 1, max: 100_000 }
const WEIGHT = { min: 0, max: 1e6 }
const FAILOVER = { min: 0, max: 100 }

function serviceField(names: readonly string[]): Field<Omit<ResolvedService, 'name'>> {
  const work = operationFields(names)
  const methods = methodsField(work)
  const version = record({
    ...work,
    methods,
    replicas: integer({ default: 1, ...REPLICAS, min: 0 }),
    weight: optional(number(WEIGHT)),
    failover: optional(integer(FAILOVER)),
  } satisfies FieldsOf<VersionData>)
  return record(
    {
      ...work,
      replicas: optional(integer(REPLICAS)),
      concurrency: optional(integer({ min: 1, max: 1e6 })),
      queue: optional(integer({ min: 0, max: 1e9 })),
      queueTimeout: optional(distribution),
      zones: listOf(name()),
      methods,
      versions: mapOf(text(), version),
      weight: number({ default: 1, ...WEIGHT }),
      failover: integer({ default: 0, ...FAILOVER }),
      app: optional(func<AppHandler>()),
      autoscale: optional(AUTOSCALE),
      drain: optional(DRAIN_TIMES),
      onThrow: oneOf(['stop', 'fail'], { default: 'stop' }),
      discipline: oneOf(['fifo', 'lifo', 'priority', 'processor-sharing', 'codel'], { default: 'fifo' }),
      holdWorkerDuringCalls: bool({ default: true }),
      onCancel: oneOf(['finish', 'dequeue', 'abort'], { default: 'finish' }),
      eventLoop,
      coldStart,
      contention,
    } satisfies FieldsOf<ServiceData>,
    {
      finish(given, at): Omit<ResolvedService, 'name'> {
        checkSteps(given, at)
        checkDiscipline(given, at)
        const versions = versionsOf(given, at)
        const {
          replicas = 1,
          concurrency = Number.POSITIVE_INFINITY,
          queue,
          queueTimeout,
          zones,
          weight,
          failover,
          app,
          onThrow,
        } = given
        if (app !== undefined) refuseBesideApp(given, at)
        const instances = versions.length === 0 ? replicas : versions.reduce((sum, one) => sum + one.replicas, 0)
        if (instances === 0) throw at.at('versions').error('none has an instance; one needs replicas above 0')
        checkAutoscale(given.autoscale, instances, given.concurrency, at.at('autoscale'))
        return {
          replicas: instances,
          concurrency,
          queue: queue ?? Number.POSITIVE_INFINITY,
          queueTimeout,
          discipline: given.discipline,
          holdWorkerDuringCalls: given.holdWorkerDuringCalls,
          onCancel: given.onCancel,
          eventLoop: given.eventLoop,
          processors: given.eventLoop === undefined ? concurrency : 1,
          coldStart: given.coldStart,
          contention: given.contention,
          zones,
          operations: app === undefined ? operationsOf(given) : operationsOfApp(given),
          weight,
          failover,
          versions,
          app,
          onThrow,
          autoscale: given.autoscale,
          drain: given.drain,
        }
      },
    },
  )
}

/** Its code does it all; how long its messages are is said beside it. */
function operationsOfApp(own: MessageSizes, over: MessageSizes = own): ReadonlyMap<string, ResolvedOperation> {
  const requestBytes = over.requestBytes ?? own.requestBytes
  const operation = sizesAlone({ requestBytes, responseBytes: over.responseBytes ?? own.responseBytes })
  return new Map(operation === undefined ? [] : [['', operation]])
}

type WrittenOperations = WrittenOperation & { readonly methods: WrittenMethods }
type WrittenVersion = WrittenOperations & {
  readonly replicas: number
  readonly weight: number | undefined
  readonly failover: number | undefined
}
type WrittenService = WrittenOperations & {
  readonly versions: { readonly [version: string]: WrittenVersion }
  readonly replicas: number | undefined
  readonly weight: number
  readonly failover: number
  readonly app: AppHandler | undefined
}

function versionsOf(given: WrittenService, at: Place): readonly ResolvedVersion[] {
  const versions = Object.entries(given.versions)
  if (versions.length > 0 && given.replicas !== undefined) {
    throw at.at('replicas').error('not allowed beside versions; each version says how many instances it has')
  }
  return versions.map(([version, own]): ResolvedVersion => {
    const place = at.at('versions').at(version)
    checkSteps(own, place)
    if (given.app !== undefined) refuseBesideApp(own, place)
    return {
      version,
      replicas: own.replicas,
      operations: given.app === undefined ? operationsOf(given, own) : operationsOfApp(given, own),
      weight: own.weight ?? given.weight,
      failover: own.failover ?? given.failover,
    }
  })
}

function refuseBesideApp(given: WrittenOperations, at: Place): void {
  if (isNothing(given) && Object.keys(given.methods).length === 0) return
  throw at
    .at('app')
    .error('a service with an app has no work, calls, steps, methods, errorRate or cache: its code does it all')
}

function checkDiscipline(
  given: {
    readonly discipline: ServiceData['discipline']
    readonly concurrency: number | undefined
    readonly queueTimeout: unknown
    readonly eventLoop: unknown
  },
  at: Place,
): void {
  const { discipline, concurrency, queueTimeout, eventLoop } = given
  if (discipline !== 'fifo' && concurrency === undefined) {
    throw at.at('discipline').error(`${discipline} needs concurrency: without it nobody waits for a worker`)
  }
  if (discipline === 'processor-sharing' && queueTimeout !== undefined) {
    throw at.at('queueTimeout').error('not allowed with processor-sharing, where nobody waits')
  }
  if (discipline === 'processor-sharing' && eventLoop !== undefined) {
    throw at.at('discipline').error('not allowed with eventLoop, whose processor says how work shares the loop')
  }
}
