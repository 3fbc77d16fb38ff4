// What comes from servers of other languages, from proxies and from connections that break.
import { Buffer } from 'node:buffer'
import { constants, type ServerHttp2Stream } from 'node:http2'
import { gzipSync } from 'node:zlib'
import type { AttemptResult } from '@seakeep/core/spi'
import { afterEach, describe, expect, it } from 'vitest'
import type { GrpcOptions } from '../src/grpc-options.ts'
import { Attempts, answerOf } from './attempts.ts'
import { answer, framed, serveRaw } from './raw-server.ts'

const open: { close(): Promise<void> }[] = []

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close()
})

/** One attempt at a server that does this with its stream. */
async function against(
  onStream: (stream: ServerHttp2Stream) => void,
  fields: { readonly idempotent?: boolean } = {},
  options: GrpcOptions = {},
): Promise<AttemptResult> {
  const server = await serveRaw(onStream)
  const attempts = new Attempts(server.endpoint, options)
  open.push(server, attempts)
  return attempts.send({}, fields).ended
}

const closed = (code: number) => (stream: ServerHttp2Stream) => stream.close(code)

describe('a stream that ends without a status', () => {
  it('is refused where the server says so: it has not begun, whatever the call, and is not sent again here', async () => {
    let streams = 0
    const refuse = (stream: ServerHttp2Stream): void => {
      streams += 1
      stream.close(constants.NGHTTP2_REFUSED_STREAM)
    }
    const result = await against(refuse, { idempotent: false })
    expect(result).toMatchObject({ ending: 'refused', status: undefined, error: { code: 14 } })
    expect(streams).toBe(1)
  })

  it('is an error where it was reset, and so is one that lost its connection', async () => {
    const { NGHTTP2_CANCEL, NGHTTP2_ENHANCE_YOUR_CALM, NGHTTP2_INTERNAL_ERROR } = constants
    for (const code of [NGHTTP2_CANCEL, NGHTTP2_ENHANCE_YOUR_CALM, NGHTTP2_INTERNAL_ERROR]) {
      const result = await against(closed(code))
      expect(result).toMatchObject({ ending: 'error', status: undefined, value: undefined })
      expect(result.error).toBeInstanceOf(Error)
    }
    const dropped = await against((stream) => stream.session?.destroy())
    expect(dropped).toMatchObject({ ending: 'error', status: undefined, error: { code: 14 } })
  })
})

describe('a status that comes after the head of an answer', () => {
  const late = (code: number, fields = {}) =>
    against((stream) => answer(stream, [], { 'grpc-status': String(code), 'grpc-message': 'late' }), fields)

  it('is an answer as any other', async () => {
    expect(await late(5)).toMatchObject({ ending: 'ok', status: 404, value: { body: 'late' } })
    expect(await late(8)).toMatchObject({ ending: 'ok', status: 429 })
  })

  it('is no refusal: the server had begun', async () => {
    expect(await late(14)).toMatchObject({ ending: 'ok', status: 503 })
  })
})

it('each transport has connections of its own, kept from call to call', async () => {
  const server = await serveRaw((stream) => answer(stream, [framed(Buffer.from('m'))], { 'grpc-status': '0' }))
  const both = [new Attempts(server.endpoint), new Attempts(server.endpoint)]
  open.push(server, ...both)
  for (const attempts of [...both, ...both]) expect((await attempts.send().ended).ending).toBe('ok')
  expect(server.connections()).toBe(2)
})

describe('answers that are none', () => {
  it('an OK without a message, and one with two', async () => {
    const none = await against((stream) => answer(stream, [], { 'grpc-status': '0' }))
    expect(none.ending).toBe('error')
    expect(String(none.error)).toMatch(/no message/)
    const message = framed(Buffer.from('m'))
    const two = await against((stream) => answer(stream, [message, message], { 'grpc-status': '0' }))
    expect(two.ending).toBe('error')
    expect(String(two.error)).toMatch(/more than one message/)
  })

  it('the page of a proxy is the status it stands for', async () => {
    const page = (code: number) =>
      against((stream) => {
        stream.respond({ ':status': code, 'content-type': 'text/html' })
        stream.end('<html>nothing here</html>')
      })
    expect(await page(503)).toMatchObject({ ending: 'ok', status: 503 })
    expect(await page(404)).toMatchObject({ ending: 'ok', status: 501 })
    expect(await page(401)).toMatchObject({ ending: 'ok', status: 401 })
  })

  it('a code that gRPC does not know is a failure', async () => {
    const result = await against((stream) => answer(stream, [], { 'grpc-status': '42' }))
    expect(result).toMatchObject({ ending: 'ok', status: 500, error: { code: 42 } })
  })
})

it('an answer that is small on the wire and too large when it is unpacked is an error of this side', async () => {
  const packed = (bytes: number) =>
    against(
      (stream) => {
        const message = framed(gzipSync(Buffer.alloc(bytes)), true)
        answer(stream, [message], { 'grpc-status': '0' }, { 'grpc-encoding': 'gzip' })
      },
      {},
      { maxAnswerBytes: 1000 },
    )
  expect(answerOf(await packed(1000)).body).toHaveLength(1000)
  expect(await packed(100_000)).toMatchObject({ ending: 'error', status: undefined })
})
