import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { Sfc32 } from '../random/sfc32.ts'
import { parsePolicyText } from './parse-text.ts'
import { type PolicyDocument, parsePolicyDocument, policyDocumentSchema } from './policy-document.ts'
import { type PolicyLayers, resolvePolicy } from './policy-options.ts'

function documentOf(targets: object, policies: object = {}): PolicyDocument {
  return parsePolicyDocument({ version: 1, policies, targets })
}

/** What stands in the contract, of the parts that there are. */
const CONTRACT = `
version: 1
policies:
  standard: { timeout: 5s, retry: { maxAttempts: 3, budget: { ratio: 20% } }, circuitBreaker: { failureRatio: 50%, window: 10s, minimumCalls: 20, openFor: 5s } }
  payments: { extends: standard, timeout: 2s, concurrency: { limit: 256 } }
targets:
  "*":                      { use: standard, loadBalancing: p2c-ewma, outlier: { consecutiveFailures: 5, maxEjected: 50% } }
  payments:                 { use: payments }
  "payments/POST /charges": { retry: { maxAttempts: 1 } }
inbound:
  orders: { concurrency: { limit: 256 }, rateLimit: { rate: 100 } }
`

describe('parsePolicyDocument', () => {
  it('reads the document of the contract', () => {
    const document = parsePolicyText(CONTRACT, 'policies.yaml')
    const outlier = { consecutiveFailures: 5, maxEjected: 0.5 }
    expect(document.policyFor('orders', 'mail')).toEqual(
      resolvePolicy({ timeout: '5s', retry: true, circuitBreaker: true, outlier, loadBalancing: 'p2c-ewma' }),
    )
    const payments: PolicyLayers = { timeout: '2s', circuitBreaker: true, concurrency: { limit: 256 }, outlier }
    expect(document.policyFor('orders', 'payments')).toEqual(resolvePolicy({ ...payments, retry: true }))
    expect(document.policyFor('orders', 'payments', 'POST /charges')).toEqual(
      resolvePolicy({ ...payments, retry: { maxAttempts: 1 } }),
    )
    expect(document.inboundFor('orders')).toEqual({
      concurrency: { limit: 256, queue: 0, maxWaitMs: undefined },
      rateLimit: { rate: 100, burst: 100 },
    })
    expect(document.inboundFor('payments')).toBeUndefined()
    expect(document.inboundFor('constructor')).toBeUndefined()
  })

  it('has no policy for calls that no target speaks of', () => {
    expect(parsePolicyDocument({ version: 1 }).policyFor('a', 'b')).toBeUndefined()
    const document = documentOf({ b: { retry: true }, 'c/GET /x': {}, 'd>e': {}, '*.com': {} })
    expect(document.policyFor('a', 'x')).toBeUndefined()
    expect(document.policyFor('a', 'c')).toBeUndefined()
    expect(document.policyFor('a', 'c', 'GET /y')).toBeUndefined()
    expect(document.policyFor('a', 'e')).toBeUndefined()
    expect(document.policyFor('e', 'd')).toBeUndefined()
    expect(document.policyFor('a', 'b')).toEqual(resolvePolicy({ retry: true }))
    expect(document.policyFor('a', 'c', 'GET /x')).toEqual(resolvePolicy({}))
  })

  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'missing; an object with version'],
    ['null', null, 'null (nothing is written here) is not allowed; an object with version'],
    ['a text', 'version: 1', '"version: 1" is not allowed; an object with version'],
    ['no version', { targets: {} }, 'version: missing; it must be 1'],
    ['another version', { version: 2, tiers: {} }, 'version: 2 is not allowed; it must be 1'],
    [
      'a quoted version',
      { version: '1' },
      'version: "1" is not allowed; it must be 1; did you mean 1, without quotes?',
    ],
    [
      'an unknown section',
      { version: 1, target: {} },
      'target: unknown key; allowed: $schema, version, policies, targets, inbound; did you mean targets?',
    ],
    [
      'an empty section',
      { version: 1, targets: null },
      'targets: null (nothing is written here) is not allowed; an object',
    ],
    [
      'an empty target',
      { version: 1, targets: { a: null } },
      'targets.a: null (nothing is written here) is not allowed; an object',
    ],
    [
      'a policy name that is none',
      { version: 1, policies: { 'a b': {} } },
      'policies.a b: "a b" is not allowed; a name without >, #, /, * or blanks',
    ],
    [
      'a wrong number in a policy nobody uses',
      { version: 1, policies: { standard: { retry: { maxAttempts: 0 } } } },
      'policies.standard.retry.maxAttempts: 0 is not allowed; an integer from 1 to 20',
    ],
    [
      'an unknown field',
      { version: 1, targets: { '*.x.com': { retyr: {} } } },
      'targets.*\\.x\\.com.retyr: unknown key; allowed: use, timeout, retry, hedge, circuitBreaker, concurrency, rateLimit, throttle, coalesce, cache, outlier, health, loadBalancing, routes, split, mirror, mode; did you mean retry?',
    ],
    [
      'a mode that is none',
      { version: 1, targets: { a: { mode: 'shade' } } },
      'targets.a.mode: "shade" is not allowed; one of enforce, shadow, off',
    ],
    [
      '`use` in a policy',
      { version: 1, policies: { a: { use: 'b' } } },
      'policies.a.use: unknown key; allowed: extends, timeout',
    ],
    [
      '`extends` in a target',
      { version: 1, targets: { a: { extends: 'b' } } },
      'targets.a.extends: unknown key; allowed: use, timeout',
    ],
    [
      'an unknown policy',
      { version: 1, policies: { payments: {} }, targets: { a: { use: 'paymnets' } } },
      'targets.a.use: "paymnets" is not allowed; one of standard, payments; did you mean payments?',
    ],
    [
      'an unknown parent',
      { version: 1, policies: { a: { extends: 'standrad' } } },
      'policies.a.extends: "standrad" is not allowed; one of standard, a; did you mean standard?',
    ],
    [
      'a policy that extends itself',
      { version: 1, policies: { a: { extends: 'a' } } },
      'policies.a.extends: "a" is not allowed; a circle: a > a',
    ],
    [
      'a circle',
      { version: 1, policies: { a: { extends: 'b' }, b: { extends: 'c' }, c: { extends: 'b' } } },
      'policies.b.extends: "c" is not allowed; a circle: b > c > b',
    ],
    [
      'a key that is none',
      { version: 1, targets: { 'a>': {} } },
      'targets.a>: "a>" is not allowed; service, host glob',
    ],
    [
      'an inbound policy for all',
      { version: 1, inbound: { '*': {} } },
      'inbound.*: "*" is not allowed; a name without',
    ],
    [
      'a limit without a number',
      { version: 1, inbound: { a: { concurrency: { queue: 1 } } } },
      'inbound.a.concurrency.limit: missing; an integer from 1 to 1000000',
    ],
  ])('refuses %s', (_, input, message) => {
    expect(() => parsePolicyDocument(input)).toThrow(expect.objectContaining({ code: 'SEAKEEP_CONFIG' }))
    expect(() => parsePolicyDocument(input)).toThrow(message)
  })

  it('says where a document came from, if told', () => {
    expect(() => parsePolicyDocument({ version: 2 }, 'consul key policies')).toThrow(
      'it must be 1 (consul key policies)',
    )
  })

  it('finds what does not fit together, wherever calls may meet it', () => {
    const initial = { retry: { backoff: { initial: '5s' } } }
    const max = { retry: { backoff: { max: '1s' } } }
    for (const [general, special] of [
      ['*', 'b'],
      ['b', 'b/GET /x'],
      ['b/GET /**', 'b/GET /x'],
      ['b/GET /x', 'a>b'],
      ['*.com', 'a.com'],
      ['client>*', 'client>b'],
      ['*', 'client>*.com'],
      ['b', 'cl*>*'],
    ] as const) {
      expect(() => documentOf({ [general]: initial, [special]: max }), `${general} ${special}`).toThrow('at least')
      expect(() => documentOf({ [general]: max, [special]: initial }), `${general} ${special}`).toThrow('at least')
    }
    expect(() => documentOf({ b: initial, c: max, 'b/GET /y': initial, 'b>c': { timeout: '1s' } })).not.toThrow()
  })

  it('requires of all targets together what each may leave out', () => {
    const document = documentOf({ '*': { concurrency: { limit: 8 } }, b: { concurrency: { queue: 2 } } })
    expect(document.policyFor('a', 'b')?.concurrency).toEqual({ limit: 8, queue: 2, maxWaitMs: undefined })
    expect(() => documentOf({ b: { concurrency: { queue: 2 } } })).toThrow('targets.b.concurrency.limit: missing')
  })

  it('writes nothing to what it is given', () => {
    const input = { version: 1, policies: { a: { retry: { budget: {} } } }, targets: { b: { use: 'a', retry: {} } } }
    const before = JSON.stringify(input)
    parsePolicyDocument(input).policyFor('x', 'b')
    expect(JSON.stringify(input)).toBe(before)
  })
})

describe('layering', () => {
  const timeouts = documentOf({
    '*': { timeout: 1 },
    '*.com': { timeout: 2 },
    '*.example.com': { timeout: 3 },
    'www.example.com': { timeout: 4 },
    'www.example.com/GET /x': { timeout: 5 },
    'client>*': { timeout: 6 },
    'a>www.example.com': { timeout: 7 },
    'a>www.example.com/GET /x': { timeout: 8 },
  })
  it.each([
    ['z', 'mail', undefined, 1],
    ['z', 'seakeep.com', undefined, 2],
    ['z', 'api.example.com', undefined, 3],
    ['z', 'www.example.com', undefined, 4],
    ['z', 'www.example.com', 'POST /x', 4],
    ['z', 'www.example.com', 'GET /x', 5],
    ['client', 'www.example.com', 'GET /x', 6],
    ['client', 'mail', undefined, 6],
    ['a', 'www.example.com', undefined, 7],
    ['a', 'www.example.com', 'POST /x', 7],
    ['a', 'www.example.com', 'GET /x', 8],
    ['a', 'mail', undefined, 1],
  ])('%s > %s %s: the most special of those that match has the last word', (from, to, method, timeoutMs) => {
    expect(timeouts.policyFor(from, to, method)?.timeoutMs).toBe(timeoutMs)
  })

  it('is by field: a special target keeps what it does not name', () => {
    const document = documentOf({
      '*': { timeout: '5s', retry: { maxAttempts: 5, backoff: { initial: 0 } } },
      b: { retry: { backoff: { jitter: 'none' } } },
      'a>b': { retry: { maxAttempts: 2 } },
    })
    expect(document.policyFor('a', 'b')).toEqual(
      resolvePolicy({ timeout: '5s', retry: { maxAttempts: 2, backoff: { initial: 0, jitter: 'none' } } }),
    )
  })

  it('lays what a target uses, root of the chain first, under its own fields', () => {
    const document = documentOf(
      { '*': { timeout: '9s', outlier: true }, b: { use: 'leaf', timeout: '1s' } },
      {
        leaf: { extends: 'middle', retry: { maxAttempts: 2 } },
        middle: { extends: 'root', timeout: '2s', circuitBreaker: false },
        root: { timeout: '3s', retry: { maxAttempts: 7, budget: false }, circuitBreaker: true, rateLimit: { rate: 1 } },
      },
    )
    expect(document.policyFor('a', 'b')).toEqual(
      resolvePolicy({ timeout: '1s', retry: { maxAttempts: 2, budget: false }, rateLimit: { rate: 1 }, outlier: true }),
    )
  })

  it('takes layers off and puts them on', () => {
    const document = documentOf({
      '*': { retry: { maxAttempts: 5 }, timeout: '1s', circuitBreaker: { minimumCalls: 7 } },
      b: { retry: false, timeout: false },
      'b/GET **': { retry: { backoff: { initial: 0 } }, circuitBreaker: true },
    })
    expect(document.policyFor('a', 'b')).toEqual(resolvePolicy({ circuitBreaker: { minimumCalls: 7 } }))
    expect(document.policyFor('a', 'b', 'GET /x')).toEqual(
      resolvePolicy({ retry: { backoff: { initial: 0 } }, circuitBreaker: true }),
    )
  })

  it('has a built-in policy called standard, unless the document defines its own', () => {
    const standard = resolvePolicy({ retry: true, circuitBreaker: true, outlier: true })
    expect(documentOf({ '*': { use: 'standard' } }).policyFor('a', 'b')).toEqual(standard)
    expect(
      documentOf({ '*': { use: 'mine' } }, { mine: { extends: 'standard', outlier: false } }).policyFor('a', 'b'),
    ).toEqual({ ...standard, outlier: undefined })
    expect(documentOf({ '*': { use: 'standard' } }, { standard: { timeout: 5 } }).policyFor('a', 'b')).toEqual(
      resolvePolicy({ timeout: 5 }),
    )
  })

  it('speaks of methods of any protocol', () => {
    const document = documentOf({
      'inventory/acme.Inventory/Reserve': { timeout: 1 },
      'orders/GET /orders/:id': { timeout: 2 },
      'orders/GET /orders/mine': { timeout: 3 },
      'orders/GET /orders/**': { timeout: 4 },
    })
    expect(document.policyFor('a', 'inventory', 'acme.Inventory/Reserve')?.timeoutMs).toBe(1)
    expect(document.policyFor('a', 'orders', 'GET /orders/17')?.timeoutMs).toBe(2)
    expect(document.policyFor('a', 'orders', 'GET /orders/mine')?.timeoutMs).toBe(3)
    expect(document.policyFor('a', 'orders', 'GET /orders/17/lines')?.timeoutMs).toBe(4)
  })
})

describe('policyFor', () => {
  it('gives the identical frozen object for equal policies', () => {
    const document = documentOf({
      '*': { use: 'standard' },
      'b/GET /users/:id': { timeout: '1s' },
      'c/POST **': { timeout: 1000 },
      d: { retry: { maxAttempts: 3 } },
    })
    const policy = document.policyFor('a', 'b')
    expect(Object.isFrozen(policy)).toBe(true)
    expect(document.policyFor('a', 'b')).toBe(policy)
    expect(document.policyFor('x', 'y', 'GET /z')).toBe(policy)
    expect(document.policyFor('a', 'd')).toBe(policy)
    const user = document.policyFor('a', 'b', 'GET /users/1')
    expect(user).not.toBe(policy)
    for (let id = 2; id < 100; id++) expect(document.policyFor('a', 'b', `GET /users/${id}`)).toBe(user)
    expect(document.policyFor('a', 'c', 'POST /x')).toBe(user)
  })

  it('goes on when hosts without number have been asked for', () => {
    const document = documentOf({ '*': { timeout: '1s' }, '*.com': { timeout: '2s' } })
    const first = document.policyFor('crawler', 'host0.com')
    for (let i = 0; i < 25_000; i++) expect(document.policyFor('crawler', `host${i}.com`) === first).toBe(true)
  })

  it('throws what no example of a call has shown', () => {
    const document = documentOf({
      '*.com': { retry: { backoff: { initial: '5s' } } },
      'api.*': { retry: { backoff: { max: '1s' } } },
    })
    expect(document.policyFor('a', 'x.com')).toBeDefined()
    expect(() => document.policyFor('a', 'api.com')).toThrow('targets.api\\.*.retry.backoff.max: 1s is not allowed')
  })
})

describe('hash', () => {
  it('is that of the content, whatever its form', () => {
    const hash = parsePolicyText(CONTRACT, 'p.yaml').hash
    expect(hash).toMatch(/^[0-9a-f]{16}$/)
    const plain = {
      inbound: { orders: { rateLimit: { rate: 100 }, concurrency: { limit: 256 } } },
      targets: {
        'payments/POST /charges': { retry: { maxAttempts: 1 } },
        payments: { use: 'payments' },
        '*': { outlier: { maxEjected: 0.5, consecutiveFailures: 5 }, loadBalancing: 'p2c-ewma', use: 'standard' },
      },
      policies: {
        payments: { timeout: 2000, extends: 'standard', concurrency: { limit: 256 }, retry: undefined },
        standard: {
          timeout: '5000ms',
          retry: { maxAttempts: 3, budget: { ratio: 0.2 } },
          circuitBreaker: { failureRatio: 0.5, window: '10s', minimumCalls: 20, openFor: '5s' },
        },
      },
      version: 1,
      $schema: './policy.v1.schema.json',
    }
    expect(parsePolicyDocument(plain).hash).toBe(hash)
    expect(parsePolicyText(JSON.stringify(plain, null, '\t'), 'p.json').hash).toBe(hash)
    expect(parsePolicyText(stringify(plain), 'p.yaml').hash).toBe(hash)
    expect(parsePolicyDocument({ ...plain, inbound: {} }).hash).not.toBe(hash)
  })

  it('changes with what a target uses, and with each field', () => {
    const hashes = [
      documentOf({}),
      documentOf({ '*': {} }),
      documentOf({ '*': { use: 'standard' } }),
      documentOf({ '*': { retry: true } }),
      documentOf({ '*': { retry: false } }),
      documentOf({ '*': { retry: {} } }),
      documentOf({ '*>*': { retry: {} } }),
      documentOf({}, { a: {} }),
    ].map(({ hash }) => hash)
    expect(new Set(hashes).size).toBe(hashes.length)
  })
})

describe('policyDocumentSchema', () => {
  it('describes, defaults and bounds every field, and forbids others', () => {
    const schema = policyDocumentSchema()
    expect(schema).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      required: ['version'],
      additionalProperties: false,
      properties: {
        version: { const: 1 },
        policies: { additionalProperties: { properties: { extends: { type: 'string' } } } },
        targets: {
          additionalProperties: {
            additionalProperties: false,
            properties: {
              use: { type: 'string' },
              timeout: { anyOf: [{ exclusiveMinimum: 0 }, { const: false }] },
              retry: {
                anyOf: [{ properties: { maxAttempts: { minimum: 1, maximum: 20, default: 3 } } }, { type: 'boolean' }],
              },
              loadBalancing: {
                anyOf: [
                  { default: 'p2c-ewma' },
                  { properties: { choices: { anyOf: [{ minimum: 2, maximum: 10 }, { const: 'all' }] } } },
                ],
              },
            },
          },
        },
        inbound: {
          additionalProperties: { properties: { rateLimit: { anyOf: [{ required: ['rate'] }, { const: false }] } } },
        },
      },
    })
    expect(JSON.stringify(schema)).not.toContain(
      '"required":["limit"],"additionalProperties":false},{"type":"boolean"}',
    )
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema)
  })
})

describe('any document', () => {
  const SERVICES = ['a', 'b', 'x.com', 'y.com']
  const METHODS = [undefined, 'GET /x', 'GET /x/1', 'POST /x']
  /** General to special, as the design lists them: the reference that layering is held to. */
  const KEYS: readonly [key: string, matches: (from: string, to: string, method: string | undefined) => boolean][] = [
    ['*', () => true],
    ['*.com', (_, to) => to.endsWith('.com')],
    ['b', (_, to) => to === 'b'],
    ['x.com', (_, to) => to === 'x.com'],
    ['b/GET /x/**', (_, to, method) => to === 'b' && (method ?? '').startsWith('GET /x')],
    ['b/GET /x/:id', (_, to, method) => to === 'b' && method === 'GET /x/1'],
    ['a>*', (from) => from === 'a'],
    ['a>b', (from, to) => from === 'a' && to === 'b'],
    ['a>b/POST /x', (from, to, method) => from === 'a' && to === 'b' && method === 'POST /x'],
  ]
  const FRAGMENTS: readonly object[] = [
    {},
    { timeout: '1s' },
    { timeout: false },
    { retry: true },
    { retry: false },
    { retry: { maxAttempts: 5 } },
    { retry: { backoff: { initial: '10ms' } } },
    { retry: { budget: false } },
    { retry: { budget: { minPerSecond: 3 } }, outlier: true },
    { circuitBreaker: { slowCall: { over: '1s' } } },
    { circuitBreaker: { slowCall: false }, loadBalancing: 'p2c' },
    { rateLimit: { rate: 7 } },
  ]

  it('gives each call all its targets, in order; the order of keys means nothing', () => {
    const random = new Sfc32(5, 6)
    const draw = <T>(from: readonly T[]): T => from[Math.floor(random.next() * from.length)]!
    for (let i = 0; i < 60; i++) {
      const chosen = KEYS.filter(() => random.next() < 0.6).map(([key, matches]) => ({
        key,
        matches,
        layers: draw(FRAGMENTS),
      }))
      const targets = Object.fromEntries(chosen.map(({ key, layers }) => [key, layers]))
      const shuffled = Object.fromEntries(Object.entries(targets).sort(() => random.next() - 0.5))
      const document = documentOf(targets)
      const other = documentOf(shuffled)
      expect(other.hash).toBe(document.hash)
      for (const from of SERVICES) {
        for (const to of SERVICES) {
          for (const method of METHODS) {
            const matching = chosen.filter(({ matches }) => matches(from, to, method))
            const layers = matching.reduce<unknown>((below, { layers: over }) => merged(below, over), undefined)
            const expected = matching.length === 0 ? undefined : resolvePolicy(layers as PolicyLayers)
            expect(document.policyFor(from, to, method)).toEqual(expected)
            expect(other.policyFor(from, to, method)).toEqual(expected)
          }
        }
      }
    }
  })

  function merged(below: unknown, over: unknown): unknown {
    if (typeof over !== 'object' || typeof below !== 'object') return over
    const both: Record<string, unknown> = { ...below }
    for (const [key, value] of Object.entries(over ?? {})) both[key] = merged(both[key], value)
    return both
  }
})
