// The server side over HTTP/2, and what a caller that is slow on purpose gets.
import { createServer } from 'node:http'
import * as http2 from 'node:http2'
import { createRuntime, type GovernanceEvent, memoryRegistry, type Runtime } from '@seakeep/core'
import { afterEach, expect, it } from 'vitest'
import { http, requestContext } from '../src/index.ts'
import { allOf, raw } from './served.ts'

const runtimes: Runtime[] = []

afterEach(async () => {
  for (const rt of runtimes.splice(0)) await rt.close()
})

async function runtime(): Promise<Runtime> {
  const rt = await createRuntime({ service: 'shop', modules: [http({ http2: true }), memoryRegistry()] })
  runtimes.push(rt)
  return rt
}

it('an HTTP/2 server is governed as any other: probes, deadline, scope', async () => {
  const rt = await runtime()
  const server = http2.createServer((message, response) => {
    const { attempt, deadlineMs } = requestContext() ?? {}
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ version: message.httpVersion, attempt, hasDeadline: Number.isFinite(deadlineMs) }))
  })
  await rt
    .serve({ name: 'orders', drain: { spread: 0 } })
    .http(server)
    .listen({ host: '127.0.0.1', port: 0 })
  const orders = rt.client('orders')
  expect((await orders.call({ method: 'GET /readyz' })).body).toBe('ready\n')
  const { body } = await orders.call({ method: 'GET /' }, { timeout: '5s' })
  expect(body).toEqual({ version: '2.0', attempt: 1, hasDeadline: true })
})

it('an HTTP/2 server that drains says GOAWAY, finishes what is under way, and is closed', async () => {
  const rt = await runtime()
  const { promise: arrived, resolve: arrive } = Promise.withResolvers<() => void>()
  const server = http2.createServer((_message, response) => arrive(() => void response.end('finished')))
  const served = rt.serve({ name: 'orders', drain: { spread: 0 } }).http(server)
  await served.listen({ host: '127.0.0.1', port: 0 })
  const call = rt.client('orders').call()
  const answer = await arrived
  const drained = served.drain()
  await expect.poll(() => server.listening).toBe(false)
  answer()
  expect((await call).body).toBe('finished')
  await drained
})

it('an HTTP/2 stream that never ends is broken off when the grace is over', async () => {
  const rt = await runtime()
  const server = http2.createServer((_message, response) => void response.write('x'))
  const served = rt.serve({ name: 'orders', drain: { spread: 0, finish: '50ms' } }).http(server)
  await served.listen({ host: '127.0.0.1', port: 0 })
  const { body } = await rt.client('orders').call({ stream: true })
  const read = (async () => {
    for await (const _ of body as AsyncIterable<Uint8Array>);
  })()
  const broken = expect(read).rejects.toMatchObject({ code: 'SEAKEEP_ATTEMPT_FAILED' })
  await served.drain()
  await broken
})

it('a slow loris is answered 408 and told of, and holds nobody up', async () => {
  const rt = await createRuntime({ service: 'shop', modules: [http(), memoryRegistry()] })
  runtimes.push(rt)
  const events: GovernanceEvent[] = []
  rt.events$.subscribe((event) => events.push(event))
  const server = createServer(
    { headersTimeout: 100, requestTimeout: 200, connectionsCheckingInterval: 50 },
    (_message, response) => {
      response.end('served')
    },
  )
  const served = rt.serve({ name: 'orders', drain: { spread: 0 } }).http(server)
  const { port } = await served.listen({ host: '127.0.0.1', port: 0 })
  const loris = await raw(port, '127.0.0.1', 'GET / HTTP/1.1\r\nhost: x\r\nx-slow: ')
  expect((await rt.client('orders').call()).body).toBe('served')
  expect(await allOf(loris)).toMatch(/^HTTP\/1\.1 408/)
  expect(events).toContainEqual(
    expect.objectContaining({ type: 'requestMalformed', service: 'orders', faults: { ERR_HTTP_REQUEST_TIMEOUT: 1 } }),
  )
})
