/**
 * Reads traces as OpenTelemetry's exporters and collector write them in JSON (`ExportTraceServiceRequest`): one request,
 * or a list of them, as a file of lines is read. Ids may be hexadecimal or base64, times text or number, enums name or
 * number: protobuf's JSON allows each, and exporters differ.
 */
import { objectOf } from '@seakeep/core/spi'
import type { Fields, ForeignFields, Keys } from './foreign-fields.ts'
import { idKey, type SpanKind, type TraceFile, type TraceSpan } from './trace-span.ts'

const KINDS: readonly (SpanKind | undefined)[] = [undefined, 'internal', 'server', 'client', 'producer', 'consumer']
const KIND_NAMES = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER']
/** Attributes of a resource that tell one copy of a service from another, the surest first. */
const INSTANCE_ATTRIBUTES = ['service.instance.id', 'k8s.pod.name', 'host.name', 'host.id', 'process.pid']
/** What a resource without a name is called by OpenTelemetry's own rule. */
const UNNAMED = 'unknown_service'

export function isOtlpTraces(data: unknown): boolean {
  const first = Array.isArray(data) ? data[0] : data
  const object = objectOf(first)
  return object !== undefined && Object.hasOwn(object, 'resourceSpans')
}

export function readOtlpTraces(data: unknown, fields: ForeignFields): TraceFile {
  return new OtlpReader(fields).read(data)
}

class OtlpReader {
  readonly #fields: ForeignFields
  readonly #spans: TraceSpan[] = []
  /** All times are kept relative to the first: as nanoseconds since 1970 they are no exact numbers. */
  #originNs: bigint | undefined
  #unnamed = 0

  constructor(fields: ForeignFields) {
    this.#fields = fields
  }

  read(data: unknown): TraceFile {
    const requests = Array.isArray(data) ? data : [data]
    requests.forEach((given, i) => {
      const keys: Keys = Array.isArray(data) ? [i] : []
      const request = this.#fields.object(given, 'a request, { resourceSpans }', keys)
      const resources = this.#list(request.resourceSpans, [...keys, 'resourceSpans'])
      resources.forEach((resource, k) => {
        this.#readResource(resource, [...keys, 'resourceSpans', k])
      })
    })
    const whose =
      this.#unnamed === 1 ? '1 span has no service.name; its' : `${this.#unnamed} spans have no service.name; their`
    const remarks = this.#unnamed === 0 ? [] : [`${whose} service is called ${UNNAMED}`]
    return { spans: this.#spans, remarks }
  }

  #readResource(given: unknown, keys: Keys): void {
    const resource = this.#fields.object(given, 'spans of a resource, { resource, scopeSpans }', keys)
    const attributes = attributesOf(objectOf(resource.resource)?.attributes)
    const named = attributes.get('service.name')
    const service = typeof named === 'string' && named !== '' ? named : UNNAMED
    const instance = INSTANCE_ATTRIBUTES.map((key) => attributes.get(key)).find((value) => value !== undefined)
    const key = resource.scopeSpans === undefined ? 'instrumentationLibrarySpans' : 'scopeSpans'
    const scopes = this.#list(resource[key], [...keys, key])
    scopes.forEach((scope, i) => {
      const at = [...keys, key, i]
      const spans = this.#list(this.#fields.object(scope, 'spans of a scope, { spans }', at).spans, [...at, 'spans'])
      if (named === undefined) this.#unnamed += spans.length
      spans.forEach((span, k) => {
        const place = { service, instance: instance === undefined ? undefined : String(instance) }
        this.#spans.push(this.#readSpan(span, place, [...at, 'spans', k]))
      })
    })
  }

  #readSpan(given: unknown, place: Pick<TraceSpan, 'service' | 'instance'>, keys: Keys): TraceSpan {
    const span = this.#fields.object(given, 'a span', keys)
    const attributes = attributesOf(span.attributes)
    const startNs = this.#nanoseconds(span, 'startTimeUnixNano', keys)
    const endNs = this.#nanoseconds(span, 'endTimeUnixNano', keys)
    if (endNs < startNs) {
      throw this.#fields.error(
        [...keys, 'endTimeUnixNano'],
        `${endNs} is not allowed; not before the start, ${startNs}`,
      )
    }
    this.#originNs ??= startNs
    const spanId = idKey(this.#fields.text(span.spanId, 'the id of the span', [...keys, 'spanId']))
    const parentId = typeof span.parentSpanId === 'string' ? idKey(span.parentSpanId) : ''
    const peer = attributes.get('peer.service')
    return {
      traceId: idKey(this.#fields.text(span.traceId, 'the id of its trace', [...keys, 'traceId'])),
      spanId,
      parentId: parentId === '' || parentId === spanId ? undefined : parentId,
      isFollower: false,
      ...place,
      operation: this.#fields.text(span.name, 'the name of the span', [...keys, 'name']),
      kind: kindOf(span.kind),
      peer: typeof peer === 'string' && peer !== '' ? peer : undefined,
      isError: isError(span, attributes),
      startMs: Number(startNs - this.#originNs) / 1e6,
      durationMs: Number(endNs - startNs) / 1e6,
    }
  }

  /** An absent list is an empty one: protobuf's JSON leaves those out. */
  #list(value: unknown, keys: Keys): readonly unknown[] {
    return value === undefined || value === null ? [] : this.#fields.list(value, 'a list', keys)
  }

  #nanoseconds(span: Fields, key: string, keys: Keys): bigint {
    return this.#fields.read(span[key], nanosecondsOf, 'nanoseconds since 1970, a number or a text', [...keys, key])
  }
}

function nanosecondsOf(value: unknown): bigint | undefined {
  if (typeof value === 'string') return /^\d{1,20}$/.test(value) ? BigInt(value) : undefined
  if (typeof value === 'number') return value >= 0 && Number.isFinite(value) ? BigInt(Math.round(value)) : undefined
  // Early exporters for JavaScript wrote a number of 64 bits as its two halves.
  const { low, high } = objectOf(value) ?? {}
  if (typeof low !== 'number' || typeof high !== 'number') return undefined
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
}

function kindOf(given: unknown): SpanKind | undefined {
  if (typeof given === 'number') return KINDS[given]
  return KINDS[KIND_NAMES.indexOf(String(given).replace(/^SPAN_KIND_/, ''))]
}

function isError(span: Fields, attributes: ReadonlyMap<string, unknown>): boolean {
  const code = objectOf(span.status)?.code
  if (code === 2 || code === 'STATUS_CODE_ERROR') return true
  return Number(attributes.get('http.response.status_code') ?? attributes.get('http.status_code')) >= 500
}

function attributesOf(given: unknown): ReadonlyMap<string, unknown> {
  if (!Array.isArray(given)) return new Map()
  return new Map(
    given.map((one) => {
      const attribute = objectOf(one)
      // One key, named by its type: { stringValue: 'x' }, { intValue: '3' }.
      return [String(attribute?.key), Object.values(objectOf(attribute?.value) ?? {})[0]]
    }),
  )
}
