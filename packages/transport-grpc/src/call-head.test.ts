import { Buffer } from 'node:buffer'
import { Metadata } from '@grpc/grpc-js'
import { isConfigError } from '@seakeep/core'
import type { Attempt } from '@seakeep/core/spi'
import { describe, expect, it } from 'vitest'
import { headersOf } from './answer-headers.ts'
import { metadataOf, methodOf } from './call-head.ts'

function sent(headers: Record<string, string>, fields: Partial<Attempt> = {}): Record<string, unknown> {
  const attempt: Attempt = {
    service: 'payments',
    endpoint: undefined,
    request: { method: 'shop.Payments/Charge', headers },
    number: 1,
    key: 1,
    deadlineMs: Number.POSITIVE_INFINITY,
    priority: undefined,
    idempotent: true,
    ...fields,
  }
  return metadataOf(attempt, attempt.deadlineMs, 1000).toJSON()
}

function pathOfError(act: () => unknown): string | undefined {
  try {
    act()
  } catch (error) {
    return isConfigError(error) ? error.path : String(error)
  }
  return undefined
}

describe('the method of a call', () => {
  it('is a service and its method', () => {
    expect(methodOf({ method: 'shop.Payments/Charge', query: {} })).toBe('shop.Payments/Charge')
    for (const method of [undefined, '', 'POST /charges', '/shop.Payments/Charge', 'shop.Payments', 'a/b/c']) {
      expect(pathOfError(() => methodOf({ method }))).toBe('request.method')
    }
  })

  it('goes with nothing that gRPC cannot say', () => {
    expect(pathOfError(() => methodOf({ method: 'a.B/C', query: { id: '7' } }))).toBe('request.query')
  })
})

describe('metadata of a request', () => {
  it('has what is left, the attempt, the priority and the caller', () => {
    const fields = { deadlineMs: 2500, number: 3, priority: 'batch', caller: 'shop' }
    expect(sent({ 'X-Trace': 'abc' }, fields)).toEqual({
      'x-trace': ['abc'],
      'grpc-timeout': ['1500m'],
      'seakeep-attempt': ['3'],
      'seakeep-priority': ['batch'],
      'seakeep-caller': ['shop'],
    })
  })

  it('drops the deadline that came with the metadata a handler passes on', () => {
    const headers = { 'seakeep-attempt': '2', 'Grpc-Timeout': '9S', 'grpc-accept-encoding': 'gzip', accept: '*/*' }
    expect(sent(headers)).toEqual({ accept: ['*/*'], 'seakeep-attempt': ['1'] })
  })

  it('has binary values of base64, several of them where there are commas', () => {
    expect(sent({ 'x-bin': 'AQI=, Aw' })['x-bin']).toEqual([Buffer.from([1, 2]), Buffer.from([3])])
  })

  it('is refused by name where HTTP/2 or gRPC cannot say it', () => {
    const wrong = { connection: 'close', 'transfer-encoding': 'chunked', 'content-length': '5', ':path': '/x' }
    for (const [name, value] of Object.entries({ ...wrong, 'x-bin': 'no base64!', 'x-name': 'grün', 'x y': '' })) {
      expect(pathOfError(() => sent({ [name]: value }))).toBe(`request.headers.${name}`)
    }
    expect(pathOfError(() => sent({}, { priority: 'größer' }))).toBe('request.headers.seakeep-priority')
  })
})

it('headers and trailers become one, values of a name joined, binary ones in base64', () => {
  const headers = new Metadata()
  headers.add('x-a', '1')
  headers.add('x-a', '2')
  headers.add('x-bin', Buffer.from([1, 2]))
  const trailers = new Metadata()
  trailers.add('x-a', '3')
  expect(headersOf(headers, undefined, trailers)).toEqual({ 'x-a': '1, 2, 3', 'x-bin': 'AQI=' })
})
