import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { BYTES, codecOf, type MethodMessages } from './codec.ts'

const json = (path: string, fields: Partial<MethodMessages> = {}): MethodMessages => ({
  path,
  requestStream: false,
  responseStream: false,
  requestSerialize: (message) => Buffer.from(JSON.stringify(message)),
  responseDeserialize: (bytes) => JSON.parse(bytes.toString()),
  ...fields,
})

describe('bodies without a codec', () => {
  it('are bytes, and nothing is the message of no bytes', () => {
    const bytes = new Uint8Array([1, 2])
    expect(BYTES.encode('a.B/C', bytes)).toBe(bytes)
    expect(BYTES.encode('a.B/C', bytes.buffer)).toEqual(bytes)
    expect(BYTES.encode('a.B/C', undefined).length).toBe(0)
    const pooled = Buffer.from('xab').subarray(1)
    const decoded = BYTES.decode('a.B/C', pooled)
    expect(decoded).toEqual(new Uint8Array([97, 98]))
    expect(decoded).not.toBeInstanceOf(Buffer)
  })

  it('are refused where they are anything else', () => {
    for (const [body, kind] of [
      ['text', 'string'],
      [{ a: 1 }, 'Object'],
      [Object.create(null), 'undefined'],
      [5, 'number'],
    ] as const) {
      expect(() => BYTES.encode('a.B/C', body)).toThrow(`request.body: ${kind} is not allowed; bytes, or a method`)
    }
  })
})

describe('bodies of services that are defined', () => {
  const codec = codecOf({ get: json('/a.B/Get') }, { list: json('/c.D/List', { responseStream: true }) })

  it('are their messages; an absent one is the empty message', () => {
    expect(codec.encode('a.B/Get', { id: 7 }).toString()).toBe('{"id":7}')
    expect(codec.encode('a.B/Get', undefined).toString()).toBe('{}')
    expect(codec.decode('a.B/Get', Buffer.from('{"n":1}'))).toEqual({ n: 1 })
    expect(codec.decode('a.B/Get', Buffer.from('null'))).toBe(null)
  })

  it('are bytes where none defines the method', () => {
    expect(codec.encode('a.B/Other', new Uint8Array([5]))).toEqual(new Uint8Array([5]))
    expect(codec.decode('a.B/Other', Buffer.from([5]))).toEqual(new Uint8Array([5]))
    expect(() => codec.encode('a.B/Gte', { id: 7 })).toThrow('request.body: Object is not allowed')
  })

  it('stream as the definition says', () => {
    expect(codec.kind?.('c.D/List')).toEqual({ requestStream: false, responseStream: true })
    expect(codec.kind?.('c.D/Unknown')).toBe(undefined)
  })
})
