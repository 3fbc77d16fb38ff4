import { type CallRequest, isConfigError } from '@seakeep/core'
import type { Attempt } from '@seakeep/core/spi'
import { describe, expect, it } from 'vitest'
import { requestHead } from './request-head.ts'

function headOf(request: CallRequest, fields: Partial<Attempt> = {}) {
  const attempt: Attempt = {
    service: 'payments',
    endpoint: undefined,
    request,
    number: 1,
    key: 1,
    deadlineMs: Number.POSITIVE_INFINITY,
    priority: undefined,
    idempotent: true,
    ...fields,
  }
  return requestHead(attempt, 1000)
}

describe('what is sent for an attempt', () => {
  it('is GET / where nothing is said', () => {
    expect(headOf({})).toEqual({ method: 'GET', path: '/', headers: ['seakeep-attempt', '1'], body: null })
  })

  it('has the query on the path', () => {
    expect(headOf({ method: 'GET /a', query: { b: 'c d', 'e&': 'ü' } }).path).toBe('/a?b=c%20d&e%26=%C3%BC')
    expect(headOf({ method: 'GET /a?x=1', query: { b: 'c' } }).path).toBe('/a?x=1&b=c')
  })

  it('has what is left, the attempt and the priority, and passes an idempotency key on', () => {
    const request = { method: 'POST /charges', headers: { 'Idempotency-Key': 'k1' } }
    expect(headOf(request, { deadlineMs: 2500, number: 3, priority: 'batch' }).headers).toEqual([
      ...['idempotency-key', 'k1', 'seakeep-timeout', '1500m', 'seakeep-attempt', '3', 'seakeep-priority', 'batch'],
    ])
  })

  it('has of a streamed answer what is left to its caller: the timeout of the attempt ends with the head', () => {
    const streamed = { stream: true }
    const fields = { deadlineMs: 2500, callerDeadlineMs: 31_000 }
    expect(headOf(streamed, fields).headers).toEqual(['seakeep-timeout', '30000m', 'seakeep-attempt', '1'])
    expect(headOf(streamed, { deadlineMs: 2500 }).headers).toEqual(['seakeep-attempt', '1'])
  })

  it('drops the deadline that came with the headers a handler passes on', () => {
    const headers = { 'seakeep-timeout': '9S', 'Seakeep-Attempt': '2', accept: '*/*' }
    expect(headOf({ headers }).headers).toEqual(['accept', '*/*', 'seakeep-attempt', '1'])
  })

  it('has a string or bytes as they are, plain data as JSON', () => {
    const bodyAndType = (body: unknown, headers: Record<string, string> = {}) => {
      const head = headOf({ method: 'POST /', body, headers })
      return [head.body, (head.headers as string[])[(head.headers as string[]).indexOf('content-type') + 1]]
    }
    expect(bodyAndType({ a: [1] })).toEqual(['{"a":[1]}', 'application/json'])
    expect(bodyAndType(false)).toEqual(['false', 'application/json'])
    expect(bodyAndType({ a: 1 }, { 'Content-Type': 'application/merge-patch+json' })[1]).toBe(
      'application/merge-patch+json',
    )
    expect(bodyAndType(new URLSearchParams({ a: 'b c' }))).toEqual(['a=b+c', 'application/x-www-form-urlencoded'])
    expect(headOf({ method: 'POST /', body: 'text' })).toMatchObject({
      body: 'text',
      headers: ['seakeep-attempt', '1'],
    })
    expect(headOf({ method: 'POST /', body: new Uint8Array([1]) }).body).toEqual(new Uint8Array([1]))
    expect(headOf({ method: 'POST /', body: new Uint16Array([1]).buffer }).body).toEqual(new Uint8Array([1, 0]))
  })

  it('is a ConfigError where HTTP cannot say it', () => {
    const circle: Record<string, unknown> = {}
    circle.self = circle
    const wrong: CallRequest[] = [
      { method: 'pkg.Service/Method' },
      { method: 'get /' },
      { method: 'GET charges' },
      { method: 'CONNECT /' },
      { body: circle },
      { body: 1n },
      { body: () => {} },
    ]
    for (const request of wrong) {
      let thrown: unknown
      try {
        headOf(request)
      } catch (error) {
        thrown = error
      }
      expect(isConfigError(thrown), JSON.stringify(request.method)).toBe(true)
    }
  })

  it('has a stream once, and one that is made anew each time as often as one likes', () => {
    const once = { method: 'PUT /', body: (async function* () {})() }
    const [first, second] = [headOf(once).body, headOf(once).body]
    // Nothing was read of it yet, so another attempt may have it.
    expect([first, second]).not.toContain(null)
    ;(first as unknown as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]()
    expect(() => headOf(once)).toThrow(/only once/)
    const anew = { method: 'PUT /', body: () => (async function* () {})() }
    expect(headOf(anew).body).not.toBe(headOf(anew).body)
  })
})
