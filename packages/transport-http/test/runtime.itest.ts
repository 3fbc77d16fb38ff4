// The whole way: a governed call of one runtime, over real sockets, to a server that the same runtime serves.
import { createServer, type RequestListener } from 'node:http'
import {
  type CreateRuntimeOptions,
  createRuntime,
  memoryRegistry,
  type Runtime,
  type ServeOptions,
} from '@seakeep/core'
import { realClock } from '@seakeep/core/spi'
import { afterEach, describe, expect, it } from 'vitest'
import { http, requestContext } from '../src/index.ts'

const runtimes: Runtime[] = []

afterEach(async () => {
  for (const rt of runtimes.splice(0)) await rt.close()
})

async function serving(
  listener: RequestListener,
  options: Partial<CreateRuntimeOptions> = {},
  serve: Partial<ServeOptions> = {},
): Promise<Runtime> {
  const rt = await createRuntime({ service: 'shop', modules: [http(), memoryRegistry()], ...options })
  runtimes.push(rt)
  const served = rt.serve({ name: 'payments', drain: { spread: 0 }, ...serve }).http(createServer(listener))
  await served.listen({ host: '127.0.0.1', port: 0 })
  return rt
}

const policies = (payments: object): object => ({ version: 1, targets: { payments } })

describe('a runtime with http()', () => {
  it('calls what it serves', async () => {
    const rt = await serving((message, response) => {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ did: `${message.method} ${message.url}` }))
    })
    const answer = await rt
      .client('payments')
      .call({ method: 'POST /charges', query: { id: '7' }, body: { amount: 5 } })
    expect(answer).toMatchObject({ status: 200, body: { did: 'POST /charges?id=7' } })
  })

  it('rejects with status and body from 400 on', async () => {
    const rt = await serving((_message, response) => {
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"why":"no such charge"}')
    })
    await expect(rt.client('payments').call({ method: 'GET /charges/9' })).rejects.toMatchObject({
      code: 'SEAKEEP_ATTEMPT_FAILED',
      status: 404,
      body: { why: 'no such charge' },
    })
  })

  it('tries again what failed, but not a POST that may have been done', async () => {
    const seen: string[] = []
    const rt = await serving(
      (message, response) => {
        seen.push(`${message.method} ${message.headers['seakeep-attempt']}`)
        response.writeHead(message.headers['seakeep-attempt'] === '1' ? 503 : 200).end()
      },
      { policies: policies({ retry: { maxAttempts: 3, backoff: { initial: 0, max: 0 } } }) },
    )
    const payments = rt.client('payments')
    await payments.call({ method: 'GET /charges' })
    await expect(payments.call({ method: 'POST /charges' })).rejects.toMatchObject({ status: 503 })
    await payments.call({ method: 'POST /charges', headers: { 'idempotency-key': 'k1' } })
    expect(seen).toEqual(['GET 1', 'GET 2', 'POST 1', 'POST 1', 'POST 2'])
  })

  it('hands the deadline on, and a handler hands on what is left of it', async () => {
    const lefts: number[] = []
    const rt: Runtime = await serving(async (message, response) => {
      const parent = requestContext()
      lefts.push((parent?.deadlineMs ?? 0) - realClock().now())
      if (message.url === '/outer') await rt.client('payments').call({ method: 'GET /inner' }, { parent })
      response.end()
    })
    await rt.client('payments').call({ method: 'GET /outer' }, { timeout: '5s' })
    expect(lefts.length).toBe(2)
    expect(lefts[0]).toBeLessThanOrEqual(5000)
    expect(lefts[1]).toBeLessThanOrEqual(lefts[0] ?? 0)
    expect(lefts[1]).toBeGreaterThan(0)
  })

  it('ends a call at its timeout and lets go of the server', async () => {
    const { promise: gone, resolve } = Promise.withResolvers<void>()
    const rt = await serving((_message, response) => void response.on('close', resolve), {
      policies: policies({ timeout: '50ms' }),
    })
    await expect(rt.client('payments').call()).rejects.toMatchObject({ code: 'SEAKEEP_DEADLINE_EXCEEDED' })
    await gone
  })

  it('commits a streamed answer at its head: nothing is tried again after that', async () => {
    let requests = 0
    let go: () => void = () => {}
    const rt = await serving(
      (_message, response) => {
        requests += 1
        response.writeHead(200).write('half ')
        go = () => response.socket?.resetAndDestroy()
      },
      { policies: policies({ retry: { maxAttempts: 3 } }) },
    )
    const { body } = await rt.client('payments').call({ method: 'GET /events', stream: true })
    const pieces = (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]()
    expect(new TextDecoder().decode((await pieces.next()).value)).toBe('half ')
    go()
    await expect(pieces.next()).rejects.toMatchObject({ code: 'SEAKEEP_ATTEMPT_FAILED' })
    expect(requests).toBe(1)
  })

  it('refuses with what the document says of inbound requests', async () => {
    const rt = await serving((_message, response) => void response.end('done'), {
      policies: { version: 1, inbound: { payments: { rateLimit: { rate: 0.001, burst: 1 } } } },
    })
    await rt.client('payments').call()
    await expect(rt.client('payments').call()).rejects.toMatchObject({ failure: 'refused', status: 429 })
  })

  it('drains as it closes: what is in flight is finished first', async () => {
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<() => void>()
    const rt = await serving((_message, response) => arrive(() => void response.end('finished')))
    const call = rt.client('payments').call()
    const answer = await arrived
    const closed = rt.close()
    answer()
    expect((await call).body).toBe('finished')
    await closed
  })

  it('needs the module', async () => {
    const rt = await createRuntime({ service: 'shop' })
    runtimes.push(rt)
    expect(() => rt.serve({ name: 'payments' }).http(createServer())).toThrow(/@seakeep\/transport-http/)
  })
})
