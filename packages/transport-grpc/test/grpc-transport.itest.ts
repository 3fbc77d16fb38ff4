import { Buffer } from 'node:buffer'
import type { AddressInfo } from 'node:net'
import { createServer as createTcpServer, type Socket } from 'node:net'
import { Metadata, status } from '@grpc/grpc-js'
import { isConfigError } from '@seakeep/core'
import { ManualClock } from '@seakeep/core/testing'
import { afterEach, describe, expect, it } from 'vitest'
import type { GrpcOptions } from '../src/grpc-options.ts'
import { Attempts, answerOf, clock } from './attempts.ts'
import { type BytesCall, type BytesHandler, endpointAt, type GrpcServer, nobody, serve } from './grpc-server.ts'

const open: { close(): Promise<void> }[] = []

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close()
})

function attempts(...[endpoint, options, time]: ConstructorParameters<typeof Attempts>): Attempts {
  const made = new Attempts(endpoint, options, time)
  open.push(made)
  return made
}

async function serving(handler: BytesHandler, options: GrpcOptions = {}): Promise<Attempts & { server: GrpcServer }> {
  const server = await serve({ 'test.Echo/Answer': handler })
  open.push(server)
  return Object.assign(attempts(server.endpoint, options), { server })
}

/** Answers with the message that came. */
const echo: BytesHandler = (call, done) => done(null, call.request)

/** Fails as the request says: a code, the message that goes with it, and trailers. */
const failing: BytesHandler = (call, done) => {
  const { code, details, trailers } = JSON.parse(call.request.toString()) as FailureSaid
  const metadata = new Metadata()
  for (const [name, value] of Object.entries(trailers ?? {})) metadata.set(name, value)
  done({ code, details: details ?? '', metadata })
}
interface FailureSaid {
  readonly code: number
  readonly details?: string
  readonly trailers?: Readonly<Record<string, string>>
}
const said = (failure: FailureSaid): Buffer => Buffer.from(JSON.stringify(failure))

describe('a status other than OK', () => {
  it('is an answer with the status of HTTP that it is like, its message the body', async () => {
    const { send } = bound(await serving(failing))
    const likes = [499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401]
    for (const [at, like] of likes.entries()) {
      const code = at + 1
      const result = await send({ body: said({ code, details: `naïve ${status[code]}` }) }, { idempotent: false })
      expect(result, status[code]).toMatchObject({
        ending: 'ok',
        status: like,
        value: { status: like, body: `naïve ${status[code]}`, headers: { 'grpc-status': String(code) } },
        error: { code, details: `naïve ${status[code]}` },
      })
    }
  })

  it('of a server that is full is a refusal, with the wait it asks for', async () => {
    const { send } = bound(await serving(failing))
    for (const code of [status.UNAVAILABLE, status.RESOURCE_EXHAUSTED]) {
      const pushback = (text: string) =>
        send({ body: said({ code, trailers: { 'grpc-retry-pushback-ms': text } }) }).then((one) => one.retryAfterMs)
      expect(await pushback('250')).toBe(250)
      expect(await pushback('-1')).toBe(undefined)
      expect((await send({ body: said({ code }) })).ending).toBe('refused')
    }
    expect((await send({ body: said({ code: status.INTERNAL }) })).ending).toBe('ok')
  })

  it('is sent again without being idempotent only where the server says it did not begin', async () => {
    const { send } = bound(await serving(failing))
    const ending = async (trailers: Record<string, string>, idempotent: boolean) =>
      (await send({ body: said({ code: status.UNAVAILABLE, trailers }) }, { idempotent })).ending
    expect(await ending({}, true)).toBe('refused')
    expect(await ending({}, false)).toBe('ok')
    expect(await ending({ 'seakeep-refused': 'concurrency' }, false)).toBe('refused')
  })

  it('keeps its trailers, binary ones in base64', async () => {
    const { send } = bound(
      await serving((_call, done) => {
        const metadata = new Metadata()
        metadata.set('grpc-status-details-bin', Buffer.from([8, 5]))
        done({ code: status.NOT_FOUND, details: 'gone', metadata })
      }),
    )
    const { headers } = answerOf(await send())
    expect(headers).toMatchObject({ 'grpc-status': '5', 'grpc-status-details-bin': 'CAU=' })
  })
})

describe('metadata', () => {
  it('goes both ways, binary too, and an answer has its headers and trailers as one', async () => {
    let seen: Metadata | undefined
    const { send } = bound(
      await serving((call, done) => {
        seen = call.metadata
        const headers = new Metadata()
        headers.set('x-head', 'h')
        headers.add('x-many', '1')
        call.sendMetadata(headers)
        const trailers = new Metadata()
        trailers.set('x-sum-bin', Buffer.from([0, 255]))
        trailers.add('x-many', '2')
        done(null, call.request, trailers)
      }),
    )
    const request = { headers: { 'X-Trace': 'abc', 'x-key-bin': 'AQI=' }, body: Buffer.from('m') }
    const answer = answerOf(await send(request, { number: 2, priority: 'batch', caller: 'shop' }))
    expect(seen?.getMap()).toMatchObject({
      'x-trace': 'abc',
      'x-key-bin': Buffer.from([1, 2]),
      'seakeep-attempt': '2',
      'seakeep-priority': 'batch',
      'seakeep-caller': 'shop',
    })
    expect(answer).toMatchObject({ status: 200, body: new Uint8Array([109]) })
    expect(answer.headers).toMatchObject({ 'x-head': 'h', 'x-many': '1, 2', 'x-sum-bin': 'AP8=' })
  })

  it('that cannot be said ends its own call and no other', async () => {
    const answers: (() => void)[] = []
    const { send } = bound(await serving((call, done) => void answers.push(() => done(null, call.request))))
    const other = send({ body: Buffer.from('other') })
    await expect.poll(() => answers.length, { timeout: 10_000 }).toBe(1)
    const wrong = [
      { headers: { connection: 'close' } },
      { headers: { 'x-bin': '?' } },
      { headers: { 'x-name': 'grün' } },
      { method: 'POST /charges' },
      { query: { id: '7' } },
      { body: 'text' },
    ]
    for (const request of wrong) {
      const result = await send(request)
      expect(result.ending).toBe('error')
      expect(isConfigError(result.error)).toBe(true)
    }
    answers[0]?.()
    expect((await other).ending).toBe('ok')
    expect(answers.length).toBe(1)
  })
})

describe('messages', () => {
  it('are what the codec makes of them; what it cannot make or read is said', async () => {
    const codec = {
      encode: (_method: string, body: unknown) => {
        if (body === 5) throw new TypeError('5 is no message')
        return Buffer.from(JSON.stringify(body))
      },
      decode: (method: string, bytes: Buffer) => ({ method, said: JSON.parse(bytes.toString()) }),
    }
    const { send } = bound(
      await serving(
        (call, done) => {
          done(null, call.request.toString() === '"broken"' ? Buffer.from('<html>') : call.request)
        },
        { codec },
      ),
    )
    expect(answerOf(await send({ body: { id: 7 } })).body).toEqual({ method: 'test.Echo/Answer', said: { id: 7 } })
    const unsayable = await send({ body: 5 })
    expect(isConfigError(unsayable.error)).toBe(true)
    const unreadable = await send({ body: 'broken' })
    expect(unreadable).toMatchObject({ ending: 'error', status: 200, value: { body: Buffer.from('<html>') } })
    expect(String(unreadable.error)).toMatch(/no message of test\.Echo\/Answer/)
  })

  it('may be as large as the bound, and are an error of this side beyond it', async () => {
    const { send } = bound(
      await serving((call, done) => done(null, Buffer.alloc(Number(call.request.toString()))), {
        maxAnswerBytes: 1000,
      }),
    )
    expect(answerOf(await send({ body: Buffer.from('1000') })).body).toHaveLength(1000)
    const tooLarge = await send({ body: Buffer.from('1001') })
    expect(tooLarge).toMatchObject({ ending: 'error', status: undefined })
    expect(String(tooLarge.error)).toMatch(/maxAnswerBytes of grpc\(\)/)
  })
})

describe('deadlines', () => {
  it('are the server’s as what is left of them, and none where there is none', async () => {
    const lefts: number[] = []
    const { send } = bound(
      await serving((call, done) => {
        lefts.push(Number(call.getDeadline()) - clock.wallNow())
        done(null, call.request)
      }),
    )
    await send({}, { deadlineMs: clock.now() + 5000 })
    await send()
    expect(lefts[0]).toBeGreaterThan(1000)
    expect(lefts[0]).toBeLessThanOrEqual(5000)
    expect(lefts[1]).toBe(Number.POSITIVE_INFINITY)
  })

  it('are not the transport’s to tell: a server that is at the deadline a moment earlier is waited for no longer', async () => {
    let cancelled = 0
    const { send } = bound(await serving((call) => void call.on('cancelled', () => cancelled++)))
    // Nobody cancels here: the pipeline would, at the deadline. What the server said of it comes some 10 ms later.
    const deadlineMs = clock.now() + 30
    const result = await send({}, { deadlineMs })
    expect(result).toMatchObject({ ending: 'ok', status: 504 })
    expect(clock.now()).toBeGreaterThanOrEqual(deadlineMs + 10)
    expect(cancelled).toBe(1)
  })

  it('of others, long before one’s own, are answers', async () => {
    const { send } = bound(await serving(failing))
    const body = said({ code: status.DEADLINE_EXCEEDED })
    expect(await send({ body }, { deadlineMs: clock.now() + 60_000 })).toMatchObject({ ending: 'ok', status: 504 })
  })
})

describe('connections', () => {
  it('are one an address, shared by endpoints and kept until the last of them is forgotten', async () => {
    const peers = new Set<string>()
    const made = await serving((call, done) => {
      peers.add(call.getPeer())
      done(null, call.request)
    })
    const other = { ...made.endpoint, id: 'other', service: 'other' }
    await Promise.all(Array.from({ length: 20 }, () => made.send({ body: Buffer.from('x') }).ended))
    await made.send({}, { endpoint: other }).ended
    expect(peers.size).toBe(1)
    made.transport.forget(made.endpoint)
    await made.send({}, { endpoint: other }).ended
    expect(peers.size).toBe(1)
    made.transport.forget(made.endpoint)
    made.transport.forget(other)
    // Ends only when no connection is left.
    await made.server.drained()
  })

  it('are closed with the transport, those of forgotten endpoints included', async () => {
    const calls: BytesCall[] = []
    const made = await serving((call) => void calls.push(call))
    const sent = made.send()
    await expect.poll(() => calls.length, { timeout: 10_000 }).toBe(1)
    made.transport.forget(made.endpoint)
    await made.close()
    expect((await sent.ended).ending).toBe('error')
    await made.server.drained()
  })

  it('that cannot be made send nothing, and are made when the server is back', async () => {
    const endpoint = await nobody()
    const { send } = bound(attempts(endpoint, { connectBackoff: { initial: 5, max: 20 } }))
    for (let at = 0; at < 3; at++) {
      const result = await send()
      expect(result.ending).toBe('unreachable')
      expect(String(result.error)).toMatch(/UNAVAILABLE: .*ECONNREFUSED/)
    }
    open.push(await serve({ 'test.Echo/Answer': echo }, { port: endpoint.address.port }))
    await expect.poll(async () => (await send()).ending, { timeout: 10_000 }).toBe('ok')
  })

  it('to a host that is not there, or without any endpoint, send nothing', async () => {
    const made = attempts({ ...endpointAt(1), address: { host: 'no-such-host.invalid', port: 1 } })
    expect((await made.send().ended).ending).toBe('unreachable')
    expect((await made.send({}, { endpoint: undefined }).ended).ending).toBe('unreachable')
  })

  it('speak to names and to IPv6', async () => {
    const made = await serving(echo)
    const { port } = made.endpoint.address
    const named = { ...made.endpoint, address: { host: 'localhost', port } }
    expect((await made.send({}, { endpoint: named }).ended).ending).toBe('ok')
    const six = { ...made.endpoint, address: { host: '[::1]', port } }
    // The server has no IPv6: the address is understood where the refusal names it.
    expect(String((await made.send({}, { endpoint: six }).ended).error)).toMatch(/::1|EADDRNOTAVAIL|ENETUNREACH/)
  })

  it('follow an endpoint to its new address', async () => {
    const one = await serving((_call, done) => done(null, Buffer.from('old')))
    const other = await serving((_call, done) => done(null, Buffer.from('new')))
    const moved = { ...other.endpoint, id: one.endpoint.id }
    expect(answerOf(await one.send().ended).body).toEqual(new Uint8Array(Buffer.from('old')))
    expect(answerOf(await one.send({}, { endpoint: moved }).ended).body).toEqual(new Uint8Array(Buffer.from('new')))
  })
})

// grpc/grpc-node#2785: a server that takes the connection and says nothing held every call for ever.
describe('a server that takes connections and says nothing', () => {
  async function silent(): Promise<{ readonly port: number; readonly sockets: Socket[] }> {
    const sockets: Socket[] = []
    const server = createTcpServer((socket) => {
      socket.on('error', () => {})
      sockets.push(socket.resume())
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    open.push({
      close: async () => {
        const closed = new Promise((resolve) => server.close(resolve))
        for (const socket of sockets) socket.destroy()
        await closed
      },
    })
    return { port: (server.address() as AddressInfo).port, sockets }
  }

  it('is unreachable after connectTimeout', async () => {
    const { port } = await silent()
    const { send } = bound(attempts(endpointAt(port), { connectTimeout: 30 }))
    const results = await Promise.all([send(), send()])
    for (const { ending, error } of results) {
      expect(ending).toBe('unreachable')
      expect(String(error)).toMatch(/no connection to ipv4:127\.0\.0\.1:\d+ within 30 ms/)
    }
  })

  it('is connected to anew when that has gone on for 20 s', async () => {
    const { port, sockets } = await silent()
    const time = new ManualClock()
    const { send } = bound(attempts(endpointAt(port), {}, time))
    const attempt = async (): Promise<string> => {
      const sent = send()
      time.advance(1000)
      return (await sent).ending
    }
    for (let at = 0; at < 19; at++) expect(await attempt()).toBe('unreachable')
    await expect.poll(() => sockets.length, { timeout: 10_000 }).toBe(1)
    await attempt()
    expect(sockets.length).toBe(1)
    void attempt()
    await expect.poll(() => sockets.length, { timeout: 10_000 }).toBe(2)
  })

  it('can be called off', async () => {
    const { port } = await silent()
    const time = new ManualClock()
    const made = attempts(endpointAt(port), {}, time)
    const sent = made.send()
    expect(time.pending).toBe(1)
    sent.cancel('cancelled')
    expect(time.pending).toBe(0)
  })
})

/** The ending of an attempt, with `send` as a plain function. */
function bound(made: Attempts) {
  return { send: (...args: Parameters<Attempts['send']>) => made.send(...args).ended }
}
