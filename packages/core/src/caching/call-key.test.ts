import { describe, expect, it } from 'vitest'
import type { CallRequest, StartOptions } from '../call/call.ts'
import { Sfc32 } from '../random/sfc32.ts'
import { bodyText } from './body-text.ts'
import { CallKeys } from './call-key.ts'
import { resolveCoalesceOptions } from './coalesce-options.ts'
import type { SharingOptions } from './sharing-options.ts'

const keysOf = (options: SharingOptions = {}, service = 'orders'): CallKeys =>
  new CallKeys(service, resolveCoalesceOptions(options).sharing)
const key = (request: CallRequest, options: StartOptions = {}, sharing: SharingOptions = {}): string | undefined =>
  keysOf(sharing).of(request, options)

describe('the key of a call', () => {
  it.each<[string, CallRequest, CallRequest]>([
    ['the order of a query', { query: { a: '1', b: '2' } }, { query: { b: '2', a: '1' } }],
    ['the order and case of headers', { headers: { A: '1', b: '2' } }, { headers: { B: '2', a: '1' } }],
    ['an empty query and none', { query: {} }, {}],
    ['traces', { headers: { traceparent: '00-1', 'x-b3-spanid': '1', accept: 'a' } }, { headers: { accept: 'a' } }],
    ['what we add ourselves', { headers: { 'Seakeep-Attempt': '2' } }, { headers: {} }],
    ['the order of a body', { body: { a: 1, b: [2] } }, { body: { b: [2], a: 1 } }],
    ['absent values', { query: { a: undefined as never }, headers: { b: undefined as never } }, {}],
  ])('is the same whatever %s', (_, a, b) => {
    expect(key(a)).toBeDefined()
    expect(key(a)).toBe(key(b))
  })

  it.each<[string, CallRequest, CallRequest]>([
    ['method', { method: 'GET /a' }, { method: 'GET /b' }],
    ['verb', { method: 'GET /a' }, { method: 'HEAD /a' }],
    ['query', { query: { a: '1' } }, { query: { a: '2' } }],
    ['where a query ends', { query: { a: '1', b: '2' } }, { query: { a: '1,b:2' } }],
    ['who asks', { headers: { authorization: 'a' } }, { headers: { Authorization: 'b' } }],
    ['any other header', { headers: { 'x-tenant': 'a' } }, { headers: {} }],
    ['query and headers', { query: { accept: 'a' } }, { headers: { accept: 'a' } }],
    ['body', { body: { a: 1 } }, { body: { a: 2 } }],
    ['kinds of body', { body: '1' }, { body: 1 }],
    ['nothing and null', { body: null }, {}],
    ['null and the word', { body: null }, { body: 'null' }],
  ])('tells apart %s', (_, a, b) => {
    expect(key(a)).toBeDefined()
    expect(key(a)).not.toBe(key(b))
  })

  it('tells apart services, and keys unless told not to', () => {
    expect(keysOf().of({}, {})).not.toBe(keysOf({}, 'payments').of({}, {}))
    expect(key({}, { key: 'a' })).not.toBe(key({}, { key: 'b' }))
    expect(key({}, { key: '' })).not.toBe(key({}))
    const shared = { by: { key: false } }
    expect(key({}, { key: 'a' }, shared)).toBe(key({}, { key: 'b' }, shared))
  })

  it('goes by listed headers only, and by who asks in any case', () => {
    const sharing = { by: { headers: ['Accept'] } }
    const of = (headers: Record<string, string>): string | undefined => key({ headers }, {}, sharing)
    expect(of({ 'user-agent': 'a' })).toBe(of({ 'user-agent': 'b' }))
    expect(of({ accept: 'a' })).not.toBe(of({ accept: 'b' }))
    for (const name of ['authorization', 'cookie', 'range', 'accept-encoding', 'proxy-authorization']) {
      expect(of({ [name]: 'a' })).not.toBe(of({ [name]: 'b' }))
    }
  })

  it.each<[string, CallRequest, StartOptions]>([
    ['writes', { method: 'POST /a' }, {}],
    ['speaks another protocol', { method: 'acme.Inventory/Read' }, {}],
    ['says it must not', { method: 'GET /a' }, { idempotent: false }],
    ['asks for a new answer', { headers: { 'Cache-Control': 'no-cache' } }, {}],
    ['wants nothing kept', { headers: { 'cache-control': 'max-age=0, no-store' } }, {}],
    ['has a body that is read once', { body: new ReadableStream() }, {}],
    ['has a body that is a class', { body: new Map([[1, 2]]) }, {}],
    ['has a field of its transport', { stream: true } as CallRequest, {}],
    ['is long', { query: { q: 'x'.repeat(9_000) } }, {}],
    ['has a long body', { body: 'x'.repeat(9_000) }, {}],
  ])('there is none where the call %s', (_, request, options) => {
    expect(key(request, options)).toBeUndefined()
  })

  it('a field of its transport that says no says nothing', () => {
    expect(key({ stream: false } as CallRequest)).toBe(key({}))
  })

  it('there is one for the methods that are listed, by verb or as a whole', () => {
    const methods = ['POST /search', 'acme.Inventory/Read', 'OPTIONS']
    const has = ['POST /search', 'acme.Inventory/Read', 'OPTIONS /x', 'POST /', 'acme.Inventory/Write', 'GET /']
    expect(has.map((method) => key({ method }, {}, { methods }) !== undefined)).toEqual([
      ...[true, true, true],
      ...[false, false, false],
    ])
    expect(key({}, {}, { methods })).toBeUndefined()
    // A client says of every POST that it is not to be repeated.
    expect(key({ method: 'POST /search' }, { idempotent: false }, { methods })).toBeDefined()
    expect(key({ method: 'OPTIONS /x' }, { idempotent: false }, { methods })).toBeUndefined()
    expect(key({}, {}, { methods: ['GET'] })).toBeDefined()
  })

  it('under way is also told apart by priority and by what is itself a retry', () => {
    const of = (options: StartOptions): string | undefined => keysOf().underWay({}, options)
    const variants = [{}, { priority: 'critical' }, { parentAttempt: 2 }, { parentAttempt: 2, priority: 'critical' }]
    expect(new Set(variants.map(of)).size).toBe(4)
    expect(of({ parentAttempt: 1 })).toBe(of({}))
    expect(of({ parentAttempt: 3 })).toBe(of({ parentAttempt: 2 }))
    expect(keysOf().underWay({ method: 'POST /a' }, {})).toBeUndefined()
  })

  it('covers what an answer varies by, or does not', () => {
    const all = keysOf()
    const some = keysOf({ by: { headers: ['accept'] } })
    const varies = ['', 'Accept', 'accept, Accept-Encoding', 'origin', 'traceparent', '*', 'accept, *']
    expect(varies.map((vary) => all.tellsApart(vary))).toEqual([true, true, true, true, false, false, false])
    expect(varies.map((vary) => some.tellsApart(vary))).toEqual([true, true, true, false, false, false, false])
  })

  it('is never the same for two of 20,000 requests made of the signs that keys are made of', () => {
    const random = new Sfc32(7, 7)
    const word = (): string =>
      Array.from({ length: Math.floor(random.next() * 4) }, () => '",:[]{}\\\n#'[Math.floor(random.next() * 10)]).join(
        '',
      )
    const record = (): Record<string, string> =>
      Object.fromEntries(Array.from({ length: Math.floor(random.next() * 3) }, () => [`a${word()}`, word()]))
    const seen = new Map<string, string>()
    for (let i = 0; i < 20_000; i++) {
      const [query, headers, body, name] = [
        record(),
        record(),
        random.next() < 0.5 ? [word(), record()] : word(),
        word(),
      ]
      const sorted = (of: Record<string, string>): unknown => Object.entries(of).sort(([a], [b]) => (a < b ? -1 : 1))
      const said = JSON.stringify([
        sorted(query),
        sorted(headers),
        typeof body === 'string' ? body : [body[0], sorted(body[1] as never)],
        name,
      ])
      const text = keysOf().of({ query, headers, body }, { key: name }) as string
      if (seen.has(text)) expect(seen.get(text)).toBe(said)
      seen.set(text, said)
    }
    expect(seen.size).toBe(new Set(seen.values()).size)
  })
})

describe('bodyText', () => {
  it('is another one for every value that is another one', () => {
    const bodies: unknown[] = [
      ...[undefined, null, true, false, 0, -0, 1, Number.NaN, Number.POSITIVE_INFINITY, 1n, 10n, '', '0', 'null', '1n'],
      ...[[], [[]], [undefined], [null], [1, 2], [12], ['1,2'], {}, { a: undefined }, { a: null }, { a: { b: 1 } }],
      ...[{ a: 1, b: 1 }, { 'a:1,b': 1 }, new Uint8Array(), new Uint8Array([1, 2]), new Uint8Array([18]), '#0102'],
    ]
    const texts = bodies.map(bodyText)
    expect(texts.every((text) => typeof text === 'string')).toBe(true)
    expect(new Set(texts).size).toBe(bodies.length)
  })

  it.each<[string, unknown]>([
    ['functions', () => 1],
    ['symbols', Symbol('x')],
    ['dates', [new Error('x')]],
    ['classes', { a: new URLSearchParams('a=1') }],
    ['what says how it is written', { toJSON: () => 1 }],
    ['what is too long', new Uint8Array(5_000)],
    ['what is too long together', Array.from({ length: 5_000 }, () => 1)],
  ])('there is none for %s', (_, body) => {
    expect(bodyText(body)).toBeUndefined()
  })

  it('there is none for what goes round in a circle', () => {
    const circle: { self?: unknown } = {}
    circle.self = circle
    const list: unknown[] = []
    list.push(list)
    expect([bodyText(circle), bodyText(list)]).toEqual([undefined, undefined])
    expect(bodyText(Object.assign(Object.create(null), { a: 1 }))).toBe(bodyText({ a: 1 }))
  })
})
