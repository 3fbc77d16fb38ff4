// rt.fetch: what fetch means, governed. Each promise of fetch is checked against the platform's own where both can be asked.
import { createServer, type RequestListener, type Server } from 'node:http'
import { type CreateRuntimeOptions, createRuntime, memoryRegistry, type Runtime } from '@seakeep/core'
import { afterEach, describe, expect, it } from 'vitest'
import { http } from '../src/index.ts'
import { closed, listening } from './http-harness.ts'

const cleanups: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function server(listener: RequestListener): Promise<number> {
  const one: Server = createServer(listener)
  cleanups.push(() => {
    one.closeAllConnections()
    return closed(one)
  })
  return listening(one)
}

/** A runtime that knows `payments`, which answers at the given ports. */
async function runtime(
  ports: readonly number[],
  targets?: object,
  more: Partial<CreateRuntimeOptions> = {},
): Promise<Runtime> {
  const instances = ports.map((port) => ({
    id: `payments@${port}`,
    service: 'payments',
    address: { host: '127.0.0.1', port },
    protocol: 'http',
    weight: 1,
  }))
  const rt = await createRuntime({
    service: 'shop',
    modules: [http(), memoryRegistry({ instances })],
    ...(targets === undefined ? {} : { policies: { version: 1, targets } }),
    ...more,
  })
  cleanups.push(() => rt.close())
  return rt
}

const RETRY = { retry: { maxAttempts: 3, backoff: { initial: 0, max: 0 }, budget: false } }
/** Answers 503 until the given attempt. */
const upTo = (good: number, seen: string[] = []): RequestListener => {
  let requests = 0
  return async (message, response) => {
    requests += 1
    let body = ''
    for await (const piece of message) body += String(piece)
    seen.push(`${message.method} ${body}`)
    response.writeHead(requests < good ? 503 : 200, { 'x-request': String(requests) }).end(`answer ${requests}`)
  }
}

describe('a host that is a service', () => {
  it('is balanced over its endpoints, by its name and the path of the URL', async () => {
    const seen: string[] = []
    const listener =
      (name: string): RequestListener =>
      (message, response) => {
        seen.push(`${name} ${message.url} ${message.headers.host}`)
        response.end(name)
      }
    const ports = [await server(listener('a')), await server(listener('b'))]
    const { fetch } = await runtime(ports)
    const answer = await fetch('http://payments/charges?id=7')
    expect(answer).toBeInstanceOf(Response)
    expect(answer).toMatchObject({ ok: true, url: 'http://payments/charges?id=7', redirected: false })
    await answer.text()
    await (await fetch('http://payments/charges?id=7')).text()
    expect(seen.sort()).toEqual(['a /charges?id=7 payments', 'b /charges?id=7 payments'])
  })

  it('is never called over less than https where the URL says so', async () => {
    const rt = await runtime([await server((_message, response) => void response.end())])
    await expect(rt.fetch('https://payments/')).rejects.toMatchObject({
      code: 'SEAKEEP_CONFIG',
    })
  })
})

describe('any other host', () => {
  it('resolves as usual, under the policy of its host glob', async () => {
    const port = await server(upTo(3))
    const rt = await runtime([], { 'localhost:*': RETRY, 'example.com': { timeout: '1s' } })
    expect((await rt.fetch(`http://localhost:${port}/`)).status).toBe(200)
    expect((await rt.fetch(`http://127.0.0.1:${port}/`)).headers.get('x-request')).toBe('4')
  })

  it('has its state by the name policies know it by', async () => {
    const port = await server((_message, response) => void response.writeHead(500).end())
    const rt = await runtime([], { '127.0.0.1:*': { circuitBreaker: { consecutiveFailures: 1, openFor: '1h' } } })
    expect((await rt.fetch(`http://127.0.0.1:${port}/`)).status).toBe(500)
    expect(rt.breaker(`127.0.0.1:${port}`).value).toBe('open')
    await expect(rt.fetch(`http://127.0.0.1:${port}/`)).rejects.toMatchObject({ reason: 'circuit-open' })
  })

  it('that cannot be reached is a TypeError, whose cause is the failed attempt', async () => {
    const rt = await runtime([])
    await expect(rt.fetch('http://no-such-host.invalid/')).rejects.toMatchObject({
      name: 'TypeError',
      message: 'fetch failed',
      cause: { code: 'SEAKEEP_ATTEMPT_FAILED', failure: 'unreachable' },
    })
  })
})

describe('trying again', () => {
  it('returns the last Response, whatever its status', async () => {
    const rt = await runtime([await server(upTo(9))], { payments: RETRY })
    const answer = await rt.fetch('http://payments/')
    expect([answer.status, await answer.text()]).toEqual([503, 'answer 3'])
  })

  it('sends a body again that it can, whatever its kind', async () => {
    const form = new FormData()
    form.set('a', 'b')
    const bodies: [string | URLSearchParams | Uint8Array<ArrayBuffer> | Blob | FormData, RegExp][] = [
      ['text', /^text$/],
      [new URLSearchParams({ a: 'b' }), /^a=b$/],
      [new Uint8Array([104, 105]), /^hi$/],
      [new Blob(['blob']), /^blob$/],
      [form, /form-data; name="a"\r\n\r\nb\r\n/],
    ]
    for (const [body, expected] of bodies) {
      const seen: string[] = []
      const rt = await runtime([await server(upTo(3, seen))], { payments: RETRY })
      expect((await rt.fetch('http://payments/', { method: 'PUT', body })).status).toBe(200)
      expect(seen).toEqual(Array.from({ length: 3 }, () => expect.stringMatching(expected)).map(() => seen[0]))
      expect(seen[0]?.slice(4)).toMatch(expected)
    }
  })

  it('sends a POST again only with an Idempotency-Key', async () => {
    const seen: string[] = []
    const rt = await runtime([await server(upTo(9, seen))], { payments: RETRY })
    await rt.fetch('http://payments/', { method: 'POST', body: 'x' })
    expect(seen.length).toBe(1)
    await rt.fetch('http://payments/', { method: 'POST', body: 'x', headers: { 'Idempotency-Key': 'k' } })
    expect(seen.length).toBe(4)
  })

  it('never sends a stream again of which something was read', async () => {
    const seen: string[] = []
    const rt = await runtime([await server(upTo(9, seen))], { payments: RETRY })
    const body = new Blob(['streamed']).stream()
    const answer = await rt.fetch('http://payments/', { method: 'PUT', body, duplex: 'half' } as RequestInit)
    expect(answer.status).toBe(503)
    expect(seen).toEqual(['PUT streamed'])
  })

  it('sends a stream to the next endpoint where the first could not be reached', async () => {
    const seen: string[] = []
    const nobody = await server(() => {})
    const rt = await runtime([await server(upTo(1, seen)), nobody], { payments: RETRY })
    await cleanups.shift()?.()
    for (let at = 0; at < 2; at++) {
      const body = new Blob(['streamed']).stream()
      const answer = await rt.fetch('http://payments/', { method: 'POST', body, duplex: 'half' } as RequestInit)
      expect(answer.status).toBe(200)
    }
    expect(seen).toEqual(['POST streamed', 'POST streamed'])
  })

  it('drains what it does not return: connections are used again', async () => {
    const sockets = new Set<unknown>()
    let requests = 0
    const rt = await runtime(
      [
        await server((message, response) => {
          sockets.add(message.socket.remotePort)
          requests += 1
          response.writeHead(requests % 3 === 0 ? 200 : 503).end('x'.repeat(100_000))
        }),
      ],
      { payments: RETRY },
    )
    for (let at = 0; at < 5; at++) await (await rt.fetch('http://payments/')).text()
    expect(requests).toBe(15)
    expect(sockets.size).toBeLessThanOrEqual(2)
  })
})

describe('as fetch does', () => {
  it('follows redirects, each a call of its own, or hands them out, or fails', async () => {
    const paths: string[] = []
    const port = await server((message, response) => {
      paths.push(message.url ?? '')
      if (message.url === '/new') response.end('here')
      else response.writeHead(302, { location: '/new' }).end()
    })
    const rt = await runtime([port])
    const followed = await rt.fetch('http://payments/old')
    expect([followed.redirected, followed.url, await followed.text()]).toEqual([true, 'http://payments/new', 'here'])
    expect((await rt.fetch('http://payments/old', { redirect: 'manual' })).status).toBe(302)
    await expect(rt.fetch('http://payments/old', { redirect: 'error' })).rejects.toThrow(TypeError)
    expect(paths).toEqual(['/old', '/new', '/old', '/old'])
  })

  it('takes a Request, sends its headers, and gives every header of the answer', async () => {
    const port = await server((message, response) => {
      response.writeHead(201, 'Made', [
        ...['set-cookie', 'a=1', 'set-cookie', 'b=2', 'x-sent', String(message.headers['x-mine'])],
      ])
      response.end('{"a":1}')
    })
    const rt = await runtime([port])
    const answer = await rt.fetch(
      new Request('http://payments/', { method: 'POST', body: '1', headers: { 'x-mine': 'yes' } }),
    )
    expect([answer.status, answer.statusText, answer.headers.get('x-sent')]).toEqual([201, 'Made', 'yes'])
    expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    expect(await answer.json()).toEqual({ a: 1 })
  })

  it('decodes what is compressed', async () => {
    const { gzipSync } = await import('node:zlib')
    const port = await server((_message, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('small'))
    })
    const rt = await runtime([port])
    expect(await (await rt.fetch('http://payments/')).text()).toBe('small')
  })

  it('streams: the head is there before the body, and a slow reader holds its sender back', async () => {
    let written = 0
    const port = await server((_message, response) => {
      const more = (): void => {
        let isTaken = true
        while (written < 300 && isTaken) {
          written += 1
          isTaken = response.write('x'.repeat(65_536))
        }
        if (written >= 300) response.end()
      }
      response.on('drain', more)
      more()
    })
    const rt = await runtime([port])
    const answer = await rt.fetch('http://payments/')
    let before = -1
    const isHeldBack = (): boolean => {
      const isSame = before === written
      before = written
      return isSame
    }
    await expect.poll(isHeldBack, { interval: 50 }).toBe(true)
    expect(written).toBeLessThan(300)
    expect((await answer.arrayBuffer()).byteLength).toBeGreaterThan(300 * 65_535)
  })

  it('rejects with the reason of its signal, before, during and after the head', async () => {
    const { promise: gone, resolve } = Promise.withResolvers<void>()
    const port = await server((message, response) => {
      response.on('close', resolve)
      if (message.url === '/head') response.writeHead(200).write('x')
    })
    const rt = await runtime([port])
    const reason = new Error('no longer wanted')
    await expect(rt.fetch('http://payments/', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    const during = new AbortController()
    const call = rt.fetch('http://payments/', { signal: during.signal })
    during.abort(reason)
    await expect(call).rejects.toBe(reason)
    const after = new AbortController()
    const answer = await rt.fetch('http://payments/head', { signal: after.signal })
    after.abort(reason)
    await expect(answer.text()).rejects.toBe(reason)
    await gone
  })

  it('breaks the body off where the connection does', async () => {
    const port = await server((_message, response) => {
      response.writeHead(200, { 'content-length': '10' })
      response.write('half', () => response.socket?.destroy())
    })
    const rt = await runtime([port])
    const answer = await rt.fetch('http://payments/')
    await expect(answer.text()).rejects.toMatchObject({ name: 'TypeError', cause: { code: 'SEAKEEP_ATTEMPT_FAILED' } })
  })
})

describe('what only a governed fetch can say', () => {
  it('rejects with our own errors where it is refused or too late', async () => {
    const port = await server(() => {})
    const rt = await runtime([port], {
      payments: { timeout: '30ms' },
      '127.0.0.1:*': { rateLimit: { rate: 0.001, burst: 1 } },
    })
    await expect(rt.fetch('http://payments/')).rejects.toMatchObject({
      code: 'SEAKEEP_DEADLINE_EXCEEDED',
      service: 'payments',
    })
    const other = await server((_message, response) => void response.end())
    await rt.fetch(`http://127.0.0.1:${other}/`)
    await expect(rt.fetch(`http://127.0.0.1:${other}/`)).rejects.toMatchObject({ reason: 'rate-limited' })
  })

  it('needs the module', async () => {
    const rt = await createRuntime({ service: 'shop' })
    await expect(rt.fetch('http://payments/')).rejects.toThrow(/@seakeep\/transport-http/)
    await rt.close()
  })
})
