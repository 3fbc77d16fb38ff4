import {
  bool,
  duration,
  type Field,
  type FieldsOf,
  integer,
  number,
  objectOf,
  optional,
  type Place,
  printed,
  ratio,
  ratioOf,
  record,
  rootPlace,
  scalar,
  text,
} from '@seakeep/core/spi'
import { DEFAULT_DRAIN_TIMES } from '../drain-times.ts'
import type { DeployBatch, ResolvedDeploy, ResolvedService, ResolvedVersion } from '../resolved-scenario.ts'
import { checkSteps, isNothing, methodsField, operationFields, operationsOf } from '../resolving/resolve-operations.ts'
import { versionsOf } from '../resolving/versions-of.ts'
import { unknownWord } from '../said.ts'
import type { DeployData } from '../scenario-data.ts'
import type { FaultReading, ReadFault } from './fault-reading.ts'
import { percentText } from './share-text.ts'

const BATCH: Field<DeployBatch, ''> = scalar<DeployBatch, ''>({
  suffix: '',
  expected: 'a number of instances from 1, or a share of them below 1 (0.25 or 25%)',
  read: readBatch,
  default: '25%',
  schema: { type: ['number', 'string'] },
})

function readBatch(input: unknown): DeployBatch | undefined {
  if (typeof input === 'number' && Number.isSafeInteger(input) && input >= 1) return { count: input }
  const ratio = ratioOf(input)
  return ratio !== undefined && ratio > 0 ? { ratio } : undefined
}

function fieldsOf(names: readonly string[]) {
  const work = operationFields(names)
  return record({
    ...work,
    methods: methodsField(work),
    weight: optional(number({ min: 0, max: 1e6 })),
    failover: optional(integer({ min: 0, max: 100 })),
    target: text(),
    version: optional(text()),
    batch: BATCH,
    pause: duration({ default: 0 }),
    startAfter: duration({ default: 0 }),
    drain: bool({ default: true }),
    share: ratio({ default: 1, above: 0 }),
    rollbackAfter: optional(duration()),
  } satisfies FieldsOf<DeployData & { readonly target: string }>)
}

/**
 * The services with the versions that deploys bring, none of which has an instance at the start: so whatever looks at a
 * topology sees what a deploy may call. `faults` and `topology` are as they were written.
 */
export function withDeployed(
  services: readonly ResolvedService[],
  topology: unknown,
  faults: unknown,
  at: Place,
): readonly ResolvedService[] {
  if (!Array.isArray(faults)) return services
  const names = services.map(({ name }) => name)
  const result = new Map(services.map((service) => [service.name, service]))
  faults.forEach((fault, i) => {
    const given = objectOf(objectOf(fault)?.deploy)
    const service = result.get(String(given?.target))
    if (given === undefined || service === undefined) return
    const place = at.at(i).at('deploy')
    const version = broughtBy(given, service, objectOf(topology)?.[service.name], names, place)
    if (version !== undefined) result.set(service.name, { ...service, versions: [...versionsOf(service), version] })
  })
  return services.map((service) => result.get(service.name) ?? service)
}

/** The version that a deploy brings with it; undefined where the service has it, or it brings none. */
function broughtBy(
  given: unknown,
  service: ResolvedService,
  written: unknown,
  names: readonly string[],
  at: Place,
): ResolvedVersion | undefined {
  const read = fieldsOf(names).resolve(given, at)
  checkSteps(read, at)
  const { version, weight, failover } = read
  const isPlain = isNothing(read) && Object.keys(read.methods).length === 0 && (weight ?? failover) === undefined
  if (version === undefined) {
    if (!isPlain) throw at.at('version').error('missing; what is new needs a name, as version: v2')
    return undefined
  }
  const known = versionsOf(service).map((one) => one.version)
  if (known.includes(version)) {
    if (isPlain) return undefined
    throw at.at('version').error(`${printed(version)} is a version of ${service.name}, which says what it does`)
  }
  if (isPlain && service.versions.length > 0) {
    const named = known.filter((one) => one !== undefined)
    throw unknownWord(at.at('version'), `${printed(version)} is no version of ${service.name}`, version, named)
  }
  if (service.app !== undefined && !(isNothing(read) && Object.keys(read.methods).length === 0)) {
    throw at.error(`${service.name} has an app, whose code does it all: a deploy cannot say what it does`)
  }
  const own = operationsOfService(written, names)
  const operations = service.app === undefined ? operationsOf(own, read) : service.operations
  return {
    version,
    replicas: 0,
    operations,
    weight: weight ?? service.weight,
    failover: failover ?? service.failover,
  }
}

/** What the service itself says, once more in the form in which a version is laid over it. */
function operationsOfService(written: unknown, names: readonly string[]) {
  const { work, calls, steps, errorRate, methods } = objectOf(written) ?? {}
  const fields = operationFields(names)
  const field = record({ ...fields, methods: methodsField(fields) })
  return field.resolve({ work, calls, steps, errorRate, methods }, rootPlace('topology'))
}

export function readDeploy(given: unknown, reading: FaultReading): ReadFault<'deploy'> {
  const { at, services } = reading
  const names = services.map(({ name }) => name)
  const read = fieldsOf(names).resolve(given, at)
  const service = services.find(({ name }) => name === read.target)
  if (service === undefined) {
    throw unknownWord(
      at.at('target'),
      `${printed(read.target)} is no service; a deploy is of a whole one`,
      read.target,
      names,
    )
  }
  const { version: name, batch, pauseMs, startAfterMs, drain, share, rollbackAfterMs } = read
  if (name === undefined && rollbackAfterMs !== undefined) {
    throw at.at('rollbackAfter').error('needs a version: without one there is nothing to go back to')
  }
  const deploy: ResolvedDeploy = {
    kind: 'deploy',
    target: { kind: 'service', service: service.name },
    version: name === undefined ? undefined : service.versions.find(({ version }) => version === name),
    ...{ batch, pauseMs, startAfterMs, isDrained: drain, share, rollbackAfterMs },
  }
  const part = share === 1 ? '' : ` to ${percentText(share)}`
  const label = name === undefined ? `restart ${service.name}, rolling${part}` : `deploy ${service.name} ${name}${part}`
  return { ...deploy, untilMs: reading.until(lengthMs(deploy, service)), label }
}

/** How long it takes where nothing is left to be finished after the spread. */
function lengthMs(
  { batch, pauseMs, startAfterMs, isDrained, share, rollbackAfterMs }: ResolvedDeploy,
  service: ResolvedService,
): number {
  const { replicas } = service
  const size = 'count' in batch ? batch.count : Math.max(1, Math.floor(batch.ratio * replicas))
  const { spreadMs } = service.drain ?? DEFAULT_DRAIN_TIMES
  const batchMs = (isDrained ? spreadMs : 0) + startAfterMs
  const batches = Math.ceil(Math.max(1, Math.ceil(share * replicas)) / size)
  const wholeMs = batches * batchMs + (batches - 1) * pauseMs
  if (rollbackAfterMs === undefined) return wholeMs
  const begun = Math.min(batches, Math.floor(rollbackAfterMs / Math.max(1, batchMs + pauseMs)) + 1)
  // The batch that is under way, and the pause after it, are finished first.
  return (
    Math.max(rollbackAfterMs, begun * batchMs + Math.min(begun, batches - 1) * pauseMs) +
    begun * batchMs +
    (begun - 1) * pauseMs
  )
}
