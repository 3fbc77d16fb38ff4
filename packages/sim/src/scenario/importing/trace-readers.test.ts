import { describe, expect, test } from 'vitest'
import { parseData } from '../parse-data.ts'
import { ForeignFields } from './foreign-fields.ts'
import { isJaegerTraces, readJaegerTraces } from './jaeger-traces.ts'
import { isOtlpTraces, readOtlpTraces } from './otlp-traces.ts'
import { idKey } from './trace-span.ts'

const fields = new ForeignFields('x.json', undefined)
const processes = { p1: { serviceName: 'shop', tags: [{ key: 'hostname', value: 'shop-7' }] } }
const span = { spanID: 'a', operationName: 'GET /', startTime: 1_700_000_000_000_000, duration: 1500, processID: 'p1' }
const jaeger = (...spans: object[]) => ({ data: [{ traceID: 't1', spans, processes }] })
const readJaeger = (...spans: object[]) => readJaegerTraces(jaeger(...spans), fields).spans

describe('ids', () => {
  test.each([
    ['00a1', 'a1'],
    ['A1', 'a1'],
    ['0000000000000000', ''],
    ['', ''],
    // The bytes 00 01 02 … of 8 and of 16, as protobuf's own JSON has them.
    ['AAECAwQFBgc=', '1020304050607'],
    ['AAECAwQFBgcICQoLDA0ODw==', '102030405060708090a0b0c0d0e0f'],
    ['not-hex', 'not-hex'],
  ])('%s is known as %s', (id, key) => expect(idKey(id)).toBe(key))
})

describe('Jaeger', () => {
  test('a span: milliseconds, its service, its instance, its tags', () => {
    const tags = [
      { key: 'span.kind', value: 'server' },
      { key: 'error', value: 'true' },
      { key: 'peer.service', value: 'db' },
    ]
    expect(readJaeger({ ...span, tags })).toMatchObject([
      { service: 'shop', instance: 'shop-7', operation: 'GET /', kind: 'server', isError: true, peer: 'db' },
    ])
    expect(readJaeger(span)).toMatchObject([{ durationMs: 1.5, kind: undefined, isError: false, parentId: undefined }])
  })

  test.each([
    ['a child', [{ refType: 'CHILD_OF', traceID: 't1', spanID: '00b' }], { parentId: 'b', isFollower: false }],
    ['a follower', [{ refType: 'FOLLOWS_FROM', traceID: 't1', spanID: 'b' }], { parentId: 'b', isFollower: true }],
    [
      'both: who waits counts',
      [
        { refType: 'FOLLOWS_FROM', traceID: 't1', spanID: 'b' },
        { refType: 'CHILD_OF', traceID: 't1', spanID: 'c' },
      ],
      { parentId: 'c', isFollower: false },
    ],
    ['a link to another trace', [{ refType: 'CHILD_OF', traceID: 't2', spanID: 'b' }], { parentId: undefined }],
    ['itself', [{ refType: 'CHILD_OF', traceID: 't1', spanID: 'a' }], { parentId: undefined }],
  ])('references: %s', (_, references, expected) => {
    expect(readJaeger({ ...span, references })).toMatchObject([expected])
  })

  test('the older parentSpanID, and a process inside of the span', () => {
    const { processID: _, ...own } = span
    expect(readJaeger({ ...own, parentSpanID: 'b', process: { serviceName: 'cart' } })).toMatchObject([
      { parentId: 'b', service: 'cart' },
    ])
  })

  test.each([
    [{ ...span, duration: -1 }, 'data.0.spans.0.duration: -1 is not allowed; a number of microseconds, not negative'],
    [{ ...span, startTime: 'now' }, 'data.0.spans.0.startTime: "now" is not allowed'],
    [{ ...span, spanID: undefined }, 'data.0.spans.0.spanID: is missing; the id of the span'],
    [{ ...span, operationName: '' }, 'data.0.spans.0.operationName: "" is not allowed'],
    [{ ...span, processID: 'p9' }, 'data.0.spans.0.processID: "p9" is no process of its trace; allowed: p1'],
    [{ ...span, references: {} }, 'data.0.spans.0.references: '],
    [{ ...span, references: [{}] }, 'data.0.spans.0.references.0.spanID: is missing'],
  ])('refuses %j', (bad, message) => {
    expect(() => readJaeger(bad)).toThrow(message)
  })

  test('an error names file, line and column, found without reading the text as YAML', () => {
    const text = JSON.stringify(jaeger(span, { ...span, duration: 'long' }), undefined, 1)
    const { value, locate } = parseData(text, 'x.json')
    const line = text.split('\n').findIndex((one) => one.includes('"long"')) + 1
    expect(() => readJaegerTraces(value, new ForeignFields('x.json', locate))).toThrow(
      new RegExp(`^data\\.0\\.spans\\.1\\.duration: "long" is not allowed; .* \\(x\\.json:${line}:\\d+\\)$`),
    )
  })

  test('is told by its content: under data, as a list, or one trace alone', () => {
    const [trace] = jaeger(span).data
    expect([jaeger(span), [trace], trace].map(isJaegerTraces)).toEqual([true, true, true])
    expect([{ data: [] }, [], {}, null, { data: [{ parent: 'a', child: 'b' }] }].some(isJaegerTraces)).toBe(false)
    expect(readJaegerTraces(trace, fields).spans).toHaveLength(1)
  })
})

const otlpSpan = {
  traceId: '5b8efff798038103d269b633813fc60c',
  spanId: 'eee19b7ec3c1b174',
  name: 'GET /',
  startTimeUnixNano: '1700000000000000000',
  endTimeUnixNano: '1700000000001500125',
}
const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] }
const otlp = (...spans: object[]) => ({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] })
const readOtlp = (...spans: object[]) => readOtlpTraces(otlp(...spans), fields).spans

describe('OTLP', () => {
  test('nanoseconds as text are exact', () => {
    expect(readOtlp(otlpSpan)).toMatchObject([{ startMs: 0, durationMs: 1.500125, kind: undefined }])
  })

  test.each([
    ['numbers', 1_700_000_000_000_000_000, 1_700_000_000_002_000_000],
    ['two halves', { low: 0, high: 395_812_512 }, { low: 2_000_000, high: 395_812_512 }],
  ])('times as %s', (_, startTimeUnixNano, endTimeUnixNano) => {
    expect(readOtlp({ ...otlpSpan, startTimeUnixNano, endTimeUnixNano })).toMatchObject([
      { durationMs: expect.closeTo(2, 3) },
    ])
  })

  test.each([
    [2, 'server'],
    ['SPAN_KIND_CLIENT', 'client'],
    ['CONSUMER', 'consumer'],
    [0, undefined],
    [undefined, undefined],
  ])('kind %s', (kind, expected) => {
    expect(readOtlp({ ...otlpSpan, kind })[0]?.kind).toBe(expected)
  })

  test.each([[{ code: 2 }], [{ code: 'STATUS_CODE_ERROR' }]])('status %j is an error', (status) => {
    expect(readOtlp({ ...otlpSpan, status })).toMatchObject([{ isError: true }])
  })

  test('a 500 is an error, a 404 is none', () => {
    const answered = (code: number) => [{ key: 'http.response.status_code', value: { intValue: String(code) } }]
    const spans = readOtlp({ ...otlpSpan, attributes: answered(503) }, { ...otlpSpan, attributes: answered(404) })
    expect(spans.map(({ isError }) => isError)).toEqual([true, false])
  })

  test('requests one after another, as a file of lines holds them; the older name of scopes; no name of a service', () => {
    const old = { resourceSpans: [{ instrumentationLibrarySpans: [{ spans: [otlpSpan] }] }] }
    const text = [otlp(otlpSpan), old].map((one) => JSON.stringify(one)).join('\n')
    const { value } = parseData(text, 'x.json')
    expect(isOtlpTraces(value)).toBe(true)
    const { spans, remarks } = readOtlpTraces(value, fields)
    expect(spans.map(({ service }) => service)).toEqual(['shop', 'unknown_service'])
    expect(remarks).toEqual(['1 span has no service.name; its service is called unknown_service'])
  })

  test.each([
    [{ ...otlpSpan, endTimeUnixNano: '1' }, 'endTimeUnixNano: 1 is not allowed; not before the start'],
    [{ ...otlpSpan, startTimeUnixNano: '1.7e18' }, 'resourceSpans.0.scopeSpans.0.spans.0.startTimeUnixNano: "1.7e18"'],
    [{ ...otlpSpan, name: undefined }, 'spans.0.name: is missing'],
  ])('refuses %j', (bad, message) => {
    expect(() => readOtlp(bad)).toThrow(message)
  })
})
