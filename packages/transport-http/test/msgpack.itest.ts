// msgpack beside JSON, agreed on by headers: both ways, with limits, and with errors that say what was wrong.
import { createServer } from 'node:http'
import { createRuntime, memoryRegistry, type Runtime } from '@seakeep/core'
import { request } from 'undici'
import { afterEach, expect, it } from 'vitest'
import { BodyError, type HttpOptions, http, readBody, sendBody } from '../src/index.ts'

const runtimes: Runtime[] = []

afterEach(async () => {
  for (const rt of runtimes.splice(0)) await rt.close()
})

async function echoing(options: HttpOptions): Promise<{ rt: Runtime; url: string; types: (string | undefined)[] }> {
  const rt = await createRuntime({ service: 'shop', modules: [http(options), memoryRegistry()] })
  runtimes.push(rt)
  const types: (string | undefined)[] = []
  const server = createServer(async (message, response) => {
    types.push(message.headers['content-type'])
    try {
      sendBody(message, response, 200, { got: await readBody(message, { maxBytes: 1000 }) })
    } catch (error) {
      if (!(error instanceof BodyError)) throw error
      sendBody(message, response, error.status, { problem: error.message })
    }
  })
  const { port } = await rt
    .serve({ name: 'payments', drain: { spread: 0 } })
    .http(server)
    .listen({ host: '127.0.0.1', port: 0 })
  return { rt, url: `http://127.0.0.1:${port}/`, types }
}

it('a call with the codec msgpack is sent, answered and read as msgpack; one of JSON as JSON', async () => {
  for (const codec of ['msgpack', 'json'] as const) {
    const { rt, types } = await echoing({ codec })
    const body = { amount: 5, at: codec === 'msgpack' ? new Uint8Array([1, 2]) : 'x', nested: { list: [1, 2.5, 'ä'] } }
    const answer = await rt.client('payments').call({ method: 'POST /charges', body })
    expect(answer.body).toEqual({ got: body })
    expect([types[0], answer.headers['content-type']]).toEqual([`application/${codec}`, `application/${codec}`])
  }
})

it('whoever prefers JSON gets JSON, of the same server', async () => {
  const { url } = await echoing({ codec: 'msgpack' })
  const answer = await request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"a":1}',
  })
  expect([answer.headers['content-type'], await answer.body.json()]).toEqual(['application/json', { got: { a: 1 } }])
})

it('a body that cannot be said names the field and sends nothing', async () => {
  const { rt, types } = await echoing({ codec: 'msgpack' })
  const call = rt.client('payments').call({ method: 'POST /charges', body: { order: { lines: [{ done: () => 1 }] } } })
  await expect(call).rejects.toMatchObject({
    cause: { code: 'SEAKEEP_CONFIG', path: 'request.body.order.lines[0].done' },
  })
  expect(types).toEqual([])
})

it('what comes in broken, too large or in another tongue is answered as such, and the server serves on', async () => {
  const { url } = await echoing({})
  const send = async (type: string, body: string | Uint8Array): Promise<[number, string]> => {
    const answer = await request(url, { method: 'POST', headers: { 'content-type': type }, body })
    return [answer.statusCode, ((await answer.body.json()) as { problem?: string }).problem ?? '']
  }
  expect(await send('application/json', '{"a"')).toEqual([400, expect.stringContaining('application/json and is none')])
  expect(await send('application/msgpack', new Uint8Array([0xdd, 255, 255, 255, 255]))).toEqual([
    400,
    expect.stringContaining('msgpack'),
  ])
  expect(await send('application/json', `"${'x'.repeat(1000)}"`)).toEqual([413, 'the body is larger than 1000 bytes'])
  expect(await send('image/png', 'x')).toEqual([415, expect.stringContaining('image/png')])
  expect(await send('application/json', '1')).toEqual([200, ''])
})
