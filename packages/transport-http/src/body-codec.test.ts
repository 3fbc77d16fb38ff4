import { isConfigError } from '@seakeep/core'
import { expect, it } from 'vitest'
import { preferred, readMsgpack, writeJson, writeMsgpack } from './body-codec.ts'

function errorOf(run: () => unknown): unknown {
  try {
    return run()
  } catch (error) {
    return error
  }
}

it('msgpack says what JSON says, and bytes as bytes', () => {
  const value = { a: [1, -2.5, 'ä', true, null], b: { c: new Uint8Array([1, 2]) } }
  expect(readMsgpack(writeMsgpack(value))).toEqual(value)
})

it('the field that cannot be said is named', () => {
  const circle: Record<string, unknown> = {}
  circle.self = { circle }
  const cases: [unknown, (body: unknown) => unknown, string][] = [
    [{ order: { lines: [{ price: 1n }] } }, writeJson, 'request.body.order.lines[0].price'],
    [{ order: { done: () => 1 } }, writeMsgpack, 'request.body.order.done'],
    [circle, writeJson, 'request.body.self.circle'],
    [circle, writeMsgpack, 'request.body'],
    [Symbol('x'), writeJson, 'request.body'],
  ]
  for (const [body, write, path] of cases) {
    const error = errorOf(() => write(body))
    expect(isConfigError(error)).toBe(true)
    expect((error as { path: string }).path).toContain(path)
  }
})

it('a length that the bytes do not hold reserves nothing', () => {
  // Four GiB of text, array, map and bytes are announced in five bytes each.
  for (const head of [0xdb, 0xdd, 0xdf, 0xc6]) {
    expect(errorOf(() => readMsgpack(new Uint8Array([head, 0xff, 0xff, 0xff, 0xff])))).toBeInstanceOf(Error)
  }
})

it('the answer is in what its reader prefers', () => {
  expect(preferred(undefined)).toBe('json')
  expect(preferred('*/*')).toBe('json')
  expect(preferred('application/msgpack, application/json;q=0.9')).toBe('msgpack')
  expect(preferred('application/json, application/msgpack;q=0.9')).toBe('json')
  expect(preferred('application/x-msgpack;q=0.5, text/plain')).toBe('msgpack')
})
