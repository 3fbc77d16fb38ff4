import { formatTimeout, parsePolicyDocument, parsePolicyText, parseTimeout, retryAfterMs } from '@seakeep/core/spi'
import fc from 'fast-check'
import { expect } from 'vitest'
import { stringify } from 'yaml'
import { fuzzed, nearlyData, nearlyText, refusesBy, startsGood } from '../../../tools/fuzz/fuzzed.ts'
import { parseHttpDate } from '../src/call/retry-after.ts'
import { isConfigError } from '../src/errors/seakeep-error.ts'
import { millisecondsOf, ratioOf } from '../src/options/duration.ts'

fuzzed(
  'seakeep-timeout',
  [fc.oneof(fc.string(), fc.stringMatching(/^\d{0,10}[HMSmunx]?$/)), fc.double({ min: 0, max: 1e12, noNaN: true })],
  (text, leftMs) => {
    expect(parseTimeout(text) ?? 0).toBeGreaterThanOrEqual(0)
    expect(parseTimeout(formatTimeout(leftMs)) ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(leftMs)
  },
)

const wait = nearlyText(
  fc.constantFrom('Sun, 06 Nov 1994 08:49:37 GMT', 'Thu, 31 Dec 2099 23:59:60 GMT', '120', '0', '99999999999999999999'),
)
fuzzed('Retry-After', [wait, fc.option(wait, { nil: undefined }), fc.nat()], (text, precise, nowMs) => {
  const headers = { 'retry-after': text, ...(precise === undefined ? {} : { 'retry-after-ms': precise }) }
  const asked = retryAfterMs(headers, nowMs)
  if (asked !== undefined) expect(asked).toBeGreaterThan(0)
  expect(Number.isNaN(parseHttpDate(text))).toBe(false)
})

fuzzed('durations and ratios', [fc.oneof(nearlyText(fc.constantFrom('1.5ms', '50%', '2h')), fc.anything())], (text) => {
  expect(millisecondsOf(text) ?? 0).toBeGreaterThanOrEqual(0)
  const share = ratioOf(text)
  if (share !== undefined) expect(Number.isNaN(share)).toBe(false)
})

const DOCUMENT = {
  version: 1,
  policies: { careful: { timeout: '2s', outlier: true } },
  targets: {
    '*': { use: 'careful' },
    orders: {
      timeout: '1s',
      retry: {
        maxAttempts: 3,
        attemptTimeout: '300ms',
        backoff: { initial: '50ms', max: '2s' },
        budget: { ratio: '20%' },
      },
      circuitBreaker: { failureRatio: 0.5, window: '10s', minimumCalls: 20, openFor: '5s' },
      rateLimit: { rate: 100, burst: 10 },
      concurrency: { limit: 20, queue: 10 },
      loadBalancing: 'round-robin',
      health: { http: '/readyz', interval: '10s' },
      hedge: { maxExtraLoad: 0.05 },
    },
    'orders/GET /stock': { timeout: '500ms', retry: false },
  },
  inbound: { orders: { rateLimit: { rate: 50 }, shed: true } },
}
const document = nearlyData(fc.constant(DOCUMENT))

startsGood('policy documents', () => parsePolicyDocument(DOCUMENT))
fuzzed('policy documents', [document], (given) => refusesBy(() => parsePolicyDocument(given), isConfigError))

fuzzed('policy texts', [nearlyText(document.map((given) => stringify(given, { version: '1.2' }) ?? ''))], (text) =>
  refusesBy(() => parsePolicyText(text, 'policies.yaml'), isConfigError),
)
