import { createServer, type RequestListener, type Server } from 'node:http'
import { type Answer, type CallRequest, isConfigError } from '@seakeep/core'
import {
  type Attempt,
  type AttemptResult,
  type Cancel,
  type Clock,
  NO_EVENTS,
  realClock,
  SeededRandom,
} from '@seakeep/core/spi'
import { afterEach, describe, expect, it } from 'vitest'
import { type HttpOptions, resolveHttpOptions } from '../src/http-options.ts'
import { HttpTransport } from '../src/http-transport.ts'
import { closed, endpointAt, listening } from './http-harness.ts'

const clock = realClock()
const open: { readonly server: Server; readonly transport: HttpTransport }[] = []

afterEach(async () => {
  for (const { server, transport } of open.splice(0)) {
    await new Promise<void>((resolve) => transport.close(clock.now(), resolve))
    server.closeAllConnections()
    await closed(server)
  }
})

interface Sent {
  readonly committed: Promise<Answer>
  readonly ended: Promise<AttemptResult>
  readonly cancel: Cancel
}

/** A server, a transport, and how one attempt at it ends. */
async function serving(listener: RequestListener, options: HttpOptions = {}, time: Clock = clock) {
  const server = createServer(listener)
  const transport = new HttpTransport(
    { clock: time, random: new SeededRandom(1), events: NO_EVENTS },
    resolveHttpOptions(options),
  )
  open.push({ server, transport })
  const endpoint = endpointAt(await listening(server))
  const send = (request: CallRequest, fields: Partial<Attempt> = {}): Sent => {
    const { promise: ended, resolve: settle } = Promise.withResolvers<AttemptResult>()
    const { promise: committed, resolve: commit } = Promise.withResolvers<Answer>()
    const attempt: Attempt = {
      ...{ service: 'echo', endpoint, request, number: 1, key: 1, deadlineMs: Number.POSITIVE_INFINITY },
      ...{ priority: undefined, idempotent: true },
      ...fields,
    }
    const cancel = transport.send(attempt, { commit: (answer) => commit(answer as Answer), settle })
    return { ended, committed, cancel }
  }
  return { server, transport, endpoint, send }
}

describe('how answers become results', () => {
  it('JSON that is none is an error that says so; of an error answer it is text', async () => {
    const { send } = await serving((message, response) => {
      response
        .writeHead(message.url === '/bad-gateway' ? 502 : 200, { 'content-type': 'application/json' })
        .end('<html>')
    })
    const broken = await send({}).ended
    expect(broken).toMatchObject({ ending: 'error', status: 200, value: { body: '<html>' } })
    expect(String(broken.error)).toMatch(/calls itself application\/json/)
    expect(await send({ method: 'GET /bad-gateway' }).ended).toMatchObject({
      ending: 'ok',
      status: 502,
      value: { body: '<html>' },
    })
  })

  it('a 503 is sent again without being idempotent only where the server says it did not begin', async () => {
    const { send } = await serving((message, response) => {
      response.writeHead(503, message.url === '/seakeep' ? { 'seakeep-refused': 'concurrency' } : {}).end()
    })
    const endings = async (idempotent: boolean) => [
      (await send({ method: 'POST /seakeep' }, { idempotent }).ended).ending,
      (await send({ method: 'POST /other' }, { idempotent }).ended).ending,
    ]
    expect(await endings(true)).toEqual(['refused', 'refused'])
    expect(await endings(false)).toEqual(['refused', 'ok'])
  })

  it('reads a date in Retry-After against the wall clock of its runtime', async () => {
    const time: Clock = {
      now: () => clock.now(),
      schedule: (atMs, task) => clock.schedule(atMs, task),
      wallNow: () => 784_111_770_000,
    }
    const { send } = await serving(
      (_message, response) => void response.writeHead(503, { 'retry-after': 'Sun, 06 Nov 1994 08:49:37 GMT' }).end(),
      {},
      time,
    )
    expect(await send({}).ended).toMatchObject({ ending: 'refused', retryAfterMs: 7000 })
  })

  it('hands out headers that came twice as one, and an early hint not at all', async () => {
    const { send } = await serving((_message, response) => {
      response.writeEarlyHints({ link: '</style.css>; rel=preload' })
      response.writeHead(200, { 'set-cookie': ['a=1', 'b=2'] }).end('x')
    })
    const { headers, status } = (await send({}).ended).value as Answer
    expect(status).toBe(200)
    expect(headers['set-cookie']).toBe('a=1, b=2')
    expect(headers.link).toBe(undefined)
  })

  it('a HEAD and a 204 have no body, whatever their headers say of one', async () => {
    const { send } = await serving((message, response) => {
      const length = message.method === 'HEAD' ? { 'content-length': 100_000_000 } : {}
      response.writeHead(message.method === 'HEAD' ? 200 : 204, { 'content-type': 'application/json', ...length }).end()
    })
    expect(await send({ method: 'HEAD /' }).ended).toMatchObject({
      ending: 'ok',
      status: 200,
      value: { body: undefined },
    })
    expect(await send({ method: 'DELETE /x' }).ended).toMatchObject({
      ending: 'ok',
      status: 204,
      value: { body: undefined },
    })
  })

  it('an answer that announces too much is refused before it is read', async () => {
    let sent = 0
    const { send } = await serving(
      (_message, response) => {
        response.writeHead(200, { 'content-length': 1_000_000 })
        response.flushHeaders()
        response.on('close', () => {
          sent = response.socket?.bytesWritten ?? 0
        })
      },
      { maxAnswerBytes: 999_999 },
    )
    const result = await send({}).ended
    expect(result.ending).toBe('error')
    expect(String(result.error)).toMatch(/larger than 999999 bytes/)
    expect(sent).toBeLessThanOrEqual(1000)
  })

  it('a request that HTTP cannot say is the error of its caller, and is not sent', async () => {
    const { send, server } = await serving((_message, response) => void response.end())
    let requests = 0
    server.on('request', () => {
      requests += 1
    })
    const wrong: CallRequest[] = [
      { method: 'charge' },
      { method: 'GET /a b' },
      { headers: { 'x-a': 'line\r\nbreak' } },
      { headers: { 'bad name': 'x' } },
      { headers: { 'transfer-encoding': 'chunked' } },
      { headers: { expect: '100-continue' } },
      { method: 'POST /', headers: { 'content-length': '5' }, body: 'abc' },
    ]
    for (const request of wrong) {
      const result = await send(request).ended
      expect(result.ending).toBe('error')
      expect(isConfigError(result.error)).toBe(true)
    }
    expect(requests).toBe(0)
  })
})

describe('connections', () => {
  it('are kept alive and used again', async () => {
    const ports = new Set<number | undefined>()
    const { send } = await serving((message, response) => {
      ports.add(message.socket.remotePort)
      response.end('x')
    })
    for (let at = 0; at < 20; at++) await send({}).ended
    expect(ports.size).toBeLessThanOrEqual(2)
  })

  it('are no more than the option allows; what waits for one can be called off', async () => {
    const answers: (() => void)[] = []
    let began = 0
    const { send } = await serving(
      (message, response) => {
        began += 1
        if (message.url === '/first') answers.push(() => response.end('first'))
        else response.end('next')
      },
      { connections: 1 },
    )
    const first = send({ method: 'GET /first' })
    const dropped = send({ method: 'GET /dropped' })
    const next = send({ method: 'GET /next' })
    dropped.cancel('timeout')
    await expect.poll(() => answers.length).toBe(1)
    answers[0]?.()
    expect(((await first.ended).value as Answer).body).toBe('first')
    expect(((await next.ended).value as Answer).body).toBe('next')
    expect(began).toBe(2)
  })

  it('follow an endpoint to its new address', async () => {
    const one = await serving((_message, response) => void response.end('old'))
    const other = await serving((_message, response) => void response.end('new'))
    const moved = { ...other.endpoint, id: one.endpoint.id }
    expect(((await one.send({}).ended).value as Answer).body).toBe('old')
    expect(((await one.send({}, { endpoint: moved }).ended).value as Answer).body).toBe('new')
  })

  it('to a host that is not there, or without any endpoint, send nothing', async () => {
    const { send, endpoint } = await serving((_message, response) => void response.end())
    const nowhere = { ...endpoint, address: { host: 'no-such-host.invalid', port: 1 } }
    expect((await send({}, { endpoint: nowhere }).ended).ending).toBe('unreachable')
    expect((await send({}, { endpoint: undefined }).ended).ending).toBe('unreachable')
  })

  it('speak IPv6', async () => {
    const server = createServer((_message, response) => void response.end('six'))
    const isThere = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(0, '::1', () => resolve(true))
    })
    if (!isThere) return
    const { send, endpoint } = await serving((_message, response) => void response.end('four'))
    const { port } = server.address() as { port: number }
    const six = { ...endpoint, address: { host: '::1', port } }
    expect(((await send({}, { endpoint: six }).ended).value as Answer).body).toBe('six')
    server.closeAllConnections()
    await closed(server)
  })
})

describe('a streamed answer', () => {
  it('that nobody reads holds its sender back; a reset meanwhile harms nobody and is told to whoever reads on', async () => {
    let response: Parameters<RequestListener>[1] | undefined
    const { send } = await serving((_message, one) => {
      response = one
      one.writeHead(200)
      const more = (): void => {
        while (one.write('x'.repeat(65_536)));
      }
      one.on('drain', more)
      more()
    })
    const sent = send({ stream: true })
    const { body } = await sent.committed
    // Held back: no byte more between two looks.
    const looks = [-1, -1]
    const look = (): boolean => looks.unshift(response?.socket?.bytesWritten ?? 0) > 0 && looks[0] === looks[1]
    await expect.poll(look, { interval: 100 }).toBe(true)
    expect(looks[0]).toBeLessThan(50_000_000)
    response?.socket?.resetAndDestroy()
    const reading = (async () => {
      for await (const _ of body as AsyncIterable<Uint8Array>);
    })()
    await expect(reading).rejects.toMatchObject({ code: 'SEAKEEP_ATTEMPT_FAILED', status: 200 })
    expect(await sent.ended).toMatchObject({ ending: 'error', status: 200 })
  })

  it('that is called off tells its reader why', async () => {
    const { send } = await serving((_message, response) => void response.writeHead(200).write('x'))
    for (const [reason, code] of [
      ['timeout', 'SEAKEEP_DEADLINE_EXCEEDED'],
      ['cancelled', 'SEAKEEP_CANCELLED'],
    ] as const) {
      const sent = send({ stream: true })
      const body = (await sent.committed).body as AsyncIterable<Uint8Array>
      const reading = (async () => {
        for await (const _ of body) sent.cancel(reason)
      })()
      await expect(reading).rejects.toMatchObject({ code, endpoint: expect.any(String) })
    }
  })
})
