/**
 * Reads traces as Jaeger's query service and its user interface export them: `{ data: [{ traceID, spans, processes }] }`.
 * Times are in microseconds. What is nested again inside `references` is not read: the ids say it all.
 */
import { objectOf, printed } from '@seakeep/core/spi'
import { listed } from '../said.ts'
import { countOf, type Fields, type ForeignFields, type Keys } from './foreign-fields.ts'
import { idKey, type SpanKind, type TraceFile, type TraceSpan } from './trace-span.ts'

const KINDS: Readonly<Record<string, SpanKind>> = {
  internal: 'internal',
  server: 'server',
  client: 'client',
  producer: 'producer',
  consumer: 'consumer',
}
/** Tags of a process that tell one copy of a service from another, the surest first. */
const INSTANCE_TAGS = ['service.instance.id', 'k8s.pod.name', 'host.name', 'hostname', 'ip']

/** True for what holds traces of this kind: a list of `{ spans }`, also under `data`, or one of them alone. */
export function isJaegerTraces(data: unknown): boolean {
  const object = objectOf(data)
  const list = Array.isArray(data) ? data : Array.isArray(object?.data) ? object.data : [data]
  return Array.isArray(objectOf(list[0])?.spans) || (Array.isArray(object?.data) && list.some((one) => hasSpans(one)))
}

function hasSpans(value: unknown): boolean {
  return objectOf(value)?.spans !== undefined
}

export function readJaegerTraces(data: unknown, fields: ForeignFields): TraceFile {
  const object = objectOf(data)
  const isWrapped = object !== undefined && Object.hasOwn(object, 'data')
  const isAlone = object !== undefined && !isWrapped
  const before: Keys = isWrapped ? ['data'] : []
  const traces = isAlone ? [data] : fields.list(isWrapped ? object.data : data, 'a list of traces', before)
  const spans: TraceSpan[] = []
  traces.forEach((given, i) => {
    const keys: Keys = isAlone ? before : [...before, i]
    const trace = fields.object(given, 'a trace, { traceID, spans, processes }', keys)
    const processes = processesOf(trace, fields, keys)
    const listed = fields.list(trace.spans, 'a list of spans', [...keys, 'spans'])
    listed.forEach((span, k) => {
      spans.push(readSpan(span, trace, processes, fields, [...keys, 'spans', k]))
    })
  })
  return { spans, remarks: [] }
}

interface Process {
  readonly service: string
  readonly instance: string | undefined
}

function processesOf(trace: Fields, fields: ForeignFields, keys: Keys): ReadonlyMap<string, Process> {
  if (trace.processes === undefined) return new Map()
  const processes = fields.object(trace.processes, 'the processes by their ids', [...keys, 'processes'])
  return new Map(
    Object.entries(processes).map(([id, process]) => [id, readProcess(process, fields, [...keys, 'processes', id])]),
  )
}

function readProcess(given: unknown, fields: ForeignFields, keys: Keys): Process {
  const process = fields.object(given, 'a process, { serviceName }', keys)
  const service = fields.text(process.serviceName, 'the name of a service', [...keys, 'serviceName'])
  const tags = tagsOf(process.tags)
  const instance = INSTANCE_TAGS.map((key) => tags.get(key)).find((value) => value !== undefined)
  return { service, instance: instance === undefined ? undefined : String(instance) }
}

function readSpan(
  given: unknown,
  trace: Fields,
  processes: ReadonlyMap<string, Process>,
  fields: ForeignFields,
  keys: Keys,
): TraceSpan {
  const span = fields.object(given, 'a span', keys)
  const traceId = idKey(fields.text(span.traceID ?? trace.traceID, 'the id of its trace', [...keys, 'traceID']))
  const spanId = idKey(fields.text(span.spanID, 'the id of the span', [...keys, 'spanID']))
  const microseconds = (key: string): number =>
    fields.read(span[key], countOf, 'a number of microseconds, not negative', [...keys, key])
  const tags = tagsOf(span.tags)
  const parent = parentOf(span, traceId, fields, keys)
  return {
    traceId,
    spanId,
    parentId: parent?.id === spanId ? undefined : parent?.id,
    isFollower: parent?.isFollower ?? false,
    ...processOf(span, processes, fields, keys),
    operation: fields.text(span.operationName, 'the name of an operation', [...keys, 'operationName']),
    kind: KINDS[String(tags.get('span.kind')).toLowerCase()],
    peer: textOr(tags.get('peer.service')),
    isError: isError(tags),
    startMs: microseconds('startTime') / 1000,
    durationMs: microseconds('duration') / 1000,
  }
}

function processOf(span: Fields, processes: ReadonlyMap<string, Process>, fields: ForeignFields, keys: Keys): Process {
  const known = typeof span.processID === 'string' ? processes.get(span.processID) : undefined
  if (known !== undefined) return known
  // As it is stored in Elasticsearch, and as the user interface repeats it.
  if (span.process !== undefined) return readProcess(span.process, fields, [...keys, 'process'])
  const id = fields.text(span.processID, 'the id of a process of its trace', [...keys, 'processID'])
  const ids = listed([...processes.keys()])
  throw fields.error([...keys, 'processID'], `${printed(id)} is no process of its trace; allowed: ${ids}`)
}

/** The first reference to a parent that waits, else the first one to any, within the trace; or the older `parentSpanID`. */
function parentOf(
  span: Fields,
  traceId: string,
  fields: ForeignFields,
  keys: Keys,
): { readonly id: string; readonly isFollower: boolean } | undefined {
  const references = span.references ?? []
  const own = fields
    .list(references, 'a list of references', [...keys, 'references'])
    .map((given, i) => {
      const at = [...keys, 'references', i]
      const reference = fields.object(given, 'a reference, { refType, traceID, spanID }', at)
      const isFollower = reference.refType === 'FOLLOWS_FROM'
      const id = idKey(fields.text(reference.spanID, 'the id of a span', [...at, 'spanID']))
      return { id, isFollower, traceId: typeof reference.traceID === 'string' ? idKey(reference.traceID) : traceId }
    })
    .filter((reference) => reference.traceId === traceId && reference.id !== '')
  const parent = own.find((reference) => !reference.isFollower) ?? own[0]
  if (parent !== undefined) return parent
  const id = typeof span.parentSpanID === 'string' ? idKey(span.parentSpanID) : ''
  return id === '' ? undefined : { id, isFollower: false }
}

function tagsOf(given: unknown): ReadonlyMap<string, unknown> {
  if (!Array.isArray(given)) return new Map()
  return new Map(given.map((tag) => [String(objectOf(tag)?.key), objectOf(tag)?.value]))
}

function isError(tags: ReadonlyMap<string, unknown>): boolean {
  if (String(tags.get('error')).toLowerCase() === 'true' || tags.get('otel.status_code') === 'ERROR') return true
  return Number(tags.get('http.status_code') ?? tags.get('http.response.status_code')) >= 500
}

function textOr(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
