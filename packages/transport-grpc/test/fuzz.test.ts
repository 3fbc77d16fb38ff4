import { Buffer } from 'node:buffer'
import { Metadata, status } from '@grpc/grpc-js'
import { isConfigError } from '@seakeep/core'
import { parseTimeout } from '@seakeep/core/spi'
import fc from 'fast-check'
import { expect } from 'vitest'
import { fuzzed, nearly, nearlyData, refusesBy, startsGood } from '../../../tools/fuzz/fuzzed.ts'
import { headersOf } from '../src/answer-headers.ts'
import { metadataOf } from '../src/call-head.ts'
import { resultOf, retriedBy } from '../src/call-result.ts'
import { asksForNoMore, grpcTimeout, parsePushback } from '../src/grpc-metadata.ts'
import { askedServiceOf, healthRequest, healthResponse, servingStatusOf } from '../src/health-message.ts'
import { bytesField, fieldsOf, numberField } from '../src/protobuf-fields.ts'
import { answerTo, knownOf } from '../src/reflection-service.ts'
import { fromServiceConfig } from '../src/service-config.ts'
import { packageDefinition } from './greeter.ts'

const bytes = fc.uint8Array({ maxLength: 64 })
const message: fc.Arbitrary<Uint8Array> = nearly(
  fc
    .array(
      fc.oneof(
        fc.tuple(fc.integer({ min: 1, max: 2 ** 20 }), bytes).map(([number, value]) => bytesField(number, value)),
        fc.tuple(fc.integer({ min: 1, max: 100 }), fc.nat()).map(([number, value]) => numberField(number, value)),
      ),
      { maxLength: 6 },
    )
    .map((parts) => new Uint8Array(Buffer.concat(parts))),
)
const known = knownOf([packageDefinition])

fuzzed('protobuf fields', [message], (given) => {
  for (const { number } of fieldsOf(given) ?? []) expect(number).toBeGreaterThan(0)
})

fuzzed('health messages', [message, fc.string()], (given, service) => {
  servingStatusOf(given)
  askedServiceOf(given)
  expect(askedServiceOf(healthRequest(service))).toBe(Buffer.from(service).toString())
  expect(servingStatusOf(healthResponse('NOT_SERVING'))).toBe('NOT_SERVING')
})

fuzzed('reflection', [message], (given) => {
  expect(fieldsOf(answerTo(given, known))).toBeDefined()
})

fuzzed('grpc-timeout', [fc.double({ noNaN: true })], (leftMs) => {
  const text = grpcTimeout(leftMs)
  expect(text).toMatch(/^[1-9]\d{0,7}[umS]$/)
  expect(parseTimeout(text)).toBeLessThanOrEqual(Math.max(0.001, leftMs))
})

fuzzed('pushback', [fc.oneof(fc.string(), fc.stringMatching(/^-?\d{0,20}$/))], (text) => {
  expect(parsePushback(text) ?? 1).toBeGreaterThan(0)
  if (asksForNoMore(text)) expect(parsePushback(text)).toBeUndefined()
})

/** As it comes from the wire: grpc-js has read it already, and lets through what HTTP/2 lets through. */
const metadata = fc
  .array(
    fc.tuple(
      fc.constantFrom('grpc-retry-pushback-ms', 'seakeep-refused', 'grpc-status', 'x', 'x-bin', 'content-type'),
      fc.oneof(fc.constantFrom('1', '-1', '', '250', 'shed'), fc.stringMatching(/^[ -~]*$/)),
    ),
    { maxLength: 5 },
  )
  .map((pairs) => Metadata.fromHttp2Headers(Object.fromEntries(pairs)))
const code = fc.oneof(fc.constantFrom(...Object.values(status).filter((one) => typeof one === 'number')), fc.integer())
fuzzed(
  'statuses and trailers',
  [code, fc.string(), metadata, fc.option(metadata, { nil: undefined }), fc.boolean(), fc.boolean()],
  (one, details, trailers, headers, wasSent, isIdempotent) => {
    const result = resultOf({ status: { code: one, details, metadata: trailers }, headers, wasSent, isIdempotent })
    const { ending, retryAfterMs } = retriedBy(new Set([14]), one, result)
    expect(['ok', 'error', 'refused', 'unreachable']).toContain(ending)
    expect(retryAfterMs ?? 1).toBeGreaterThan(0)
    for (const value of Object.values(headersOf(headers, trailers))) expect(typeof value).toBe('string')
  },
)

const name = fc.oneof(fc.constantFrom('x', 'X-Bin', 'a-bin', 'grpc-timeout', 'Connection', ':path', ''), fc.string())
fuzzed('metadata of a request', [fc.dictionary(name, fc.string()), fc.string()], (headers, priority) => {
  const attempt = {
    ...{ service: 's', endpoint: undefined, request: { method: 'a.B/C', headers }, number: 1, key: 1 },
    ...{ deadlineMs: 5, priority, idempotent: true },
  }
  refusesBy(() => metadataOf(attempt, 5, 0).toHttp2Headers(), isConfigError)
})

const CONFIG = {
  loadBalancingConfig: [{ unknown: {} }, { round_robin: {} }],
  methodConfig: [
    {
      name: [{ service: 'shop.Inventory', method: 'Get' }, { service: 'shop.Inventory' }, {}],
      timeout: '1.5s',
      waitForReady: true,
      retryPolicy: {
        ...{ maxAttempts: 4, initialBackoff: '0.1s', maxBackoff: '1s', backoffMultiplier: 2 },
        retryableStatusCodes: ['UNAVAILABLE', 8],
      },
    },
    {
      name: [{ service: 'shop.Inventory', method: 'List' }],
      hedgingPolicy: { maxAttempts: 3, hedgingDelay: '0.5s', nonFatalStatusCodes: ['UNAVAILABLE'] },
    },
  ],
  retryThrottling: { maxTokens: 10, tokenRatio: 0.1 },
}
startsGood('service config', () => fromServiceConfig(CONFIG, 'inventory'))
fuzzed('service config', [nearlyData(fc.constant(CONFIG)), fc.boolean()], (config, asText) => {
  const given = asText ? (JSON.stringify(config) ?? '') : config
  refusesBy(() => {
    const { retryableCodes, waitForReady } = fromServiceConfig(given as object, 'inventory')
    retryableCodes('shop.Inventory/Get')
    waitForReady('shop.Inventory/List')
  }, isConfigError)
})
