import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { bodyKind, readBody } from './answer-body.ts'

const of = (type: string) => bodyKind({ 'content-type': type })

describe('the body of an answer', () => {
  it('is JSON, text or bytes by its type', () => {
    for (const type of [
      'application/json',
      'application/json; charset=utf-8',
      'Application/JSON',
      'application/problem+json',
    ])
      expect(of(type)).toBe('json')
    for (const type of [
      'text/plain',
      'text/html; charset=utf-8',
      'application/xml',
      'image/svg+xml',
      'application/x; charset=utf-8',
    ])
      expect(of(type)).toBe('text')
    for (const type of ['application/octet-stream', 'image/png', 'application/jsonl', 'application/x-protobuf'])
      expect(of(type)).toBe('bytes')
    expect(bodyKind({})).toBe('text')
    expect(bodyKind({ 'content-type': 'application/json', 'content-encoding': 'gzip' })).toBe('bytes')
  })

  it('is decoded as it says', () => {
    const json = { 'content-type': 'application/json' }
    expect(readBody(Buffer.from('{"a":"ü"}'), json)).toEqual({ a: 'ü' })
    expect(readBody(Buffer.from('\ufeff[1]'), json)).toEqual([1])
    expect(readBody(Buffer.alloc(0), json)).toBe(undefined)
    expect(() => readBody(Buffer.from('<html>'), json)).toThrow(SyntaxError)
    expect(readBody(Buffer.from([0xfc]), { 'content-type': 'text/plain; charset=ISO-8859-1' })).toBe('ü')
    expect(readBody(Buffer.from('ü'), { 'content-type': 'text/plain; charset=unheard-of' })).toBe('ü')
    const bytes = readBody(Buffer.from([1, 2]), { 'content-type': 'application/octet-stream' })
    expect(bytes).toEqual(new Uint8Array([1, 2]))
    expect(bytes).not.toBeInstanceOf(Buffer)
  })
})
