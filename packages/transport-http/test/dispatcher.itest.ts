// Every fetch governed with no change to the code that calls it: as the global dispatcher and as an interceptor, under the
// fetch that Node brings and under undici's own, which speak to dispatchers in different words.
import { createServer, type RequestListener, type Server } from 'node:http'
import { createRuntime, type Instance, memoryRegistry, type Runtime } from '@seakeep/core'
import { Agent, getGlobalDispatcher, request, setGlobalDispatcher, fetch as undiciFetch, upgrade } from 'undici'
import { afterEach, describe, expect, it } from 'vitest'
import { governedDispatcher, http, interceptor } from '../src/index.ts'
import { closed, listening } from './http-harness.ts'

const before = getGlobalDispatcher()
const cleanups: (() => Promise<void>)[] = []

afterEach(async () => {
  setGlobalDispatcher(before)
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

/** Fails twice, then answers with what it was sent. */
function failingTwice(): RequestListener {
  let requests = 0
  return async (message, response) => {
    requests += 1
    let body = ''
    for await (const piece of message) body += String(piece)
    response.writeHead(requests % 3 === 0 ? 200 : 503).end(`${message.method} ${message.url} ${body} ${requests}`)
  }
}

async function governed(listener: RequestListener = failingTwice()): Promise<{ rt: Runtime; port: number }> {
  const port = await server(listener)
  const instance: Instance = {
    id: 'p1',
    service: 'payments',
    address: { host: '127.0.0.1', port },
    protocol: 'http',
    weight: 1,
  }
  const rt = await createRuntime({
    service: 'shop',
    policies: { version: 1, targets: { '*': { retry: { maxAttempts: 3, backoff: { initial: 0, max: 0 } } } } },
    modules: [http(), memoryRegistry({ instances: [instance] })],
  })
  cleanups.push(() => rt.close())
  return { rt, port }
}

const platformFetch = fetch
const FETCHES = { 'the fetch of Node': platformFetch, 'the fetch of undici': undiciFetch as unknown as typeof fetch }

describe.each(Object.entries(FETCHES))('%s', (_name, anyFetch) => {
  it('is governed by setGlobalDispatcher(governedDispatcher(rt))', async () => {
    const { rt, port } = await governed()
    setGlobalDispatcher(governedDispatcher(rt))
    const answer = await anyFetch('http://payments/a?b=c')
    expect([answer.status, await answer.text()]).toEqual([200, 'GET /a?b=c  3'])
    const other = await anyFetch(`http://127.0.0.1:${port}/`, { method: 'PUT', body: 'x' })
    expect([other.status, await other.text()]).toEqual([200, 'PUT / x 6'])
  })

  it('is governed by a dispatcher of its own', async () => {
    const { rt } = await governed()
    const answer = await anyFetch('http://payments/', { dispatcher: governedDispatcher(rt) } as unknown as RequestInit)
    expect(answer.status).toBe(200)
  })

  it('says what the runtime said as the cause of its TypeError', async () => {
    const { rt } = await governed((_message, response) => void response.writeHead(500).end())
    rt.applyPolicies(undefined)
    setGlobalDispatcher(governedDispatcher(rt))
    await rt.close()
    await expect(anyFetch('http://payments/')).rejects.toMatchObject({
      name: 'TypeError',
      cause: { code: 'SEAKEEP_REJECTED', reason: 'shutting-down' },
    })
  })
})

describe('agent.compose(interceptor(rt))', () => {
  it('governs what undici sends, over the connections of the agent', async () => {
    const { rt, port } = await governed()
    let connections = 0
    const agent = new Agent({ connect: { timeout: 1000 }, connections: 1 })
    agent.on('connect', () => {
      connections += 1
    })
    cleanups.push(() => agent.destroy())
    const composed = agent.compose(interceptor(rt))
    for (const origin of ['http://payments', `http://127.0.0.1:${port}`]) {
      const { statusCode, body } = await request(`${origin}/x`, { dispatcher: composed, method: 'PUT', body: 'y' })
      expect([statusCode, (await body.text()).slice(0, 8)]).toEqual([200, 'PUT /x y'])
    }
    const answer = await undiciFetch('http://payments/z', { dispatcher: composed })
    expect(answer.status).toBe(200)
    expect(connections).toBe(1)
  })

  it('takes headers in every form, and leaves out what is ours to say', async () => {
    const seen: unknown[] = []
    const { rt } = await governed((message, response) => {
      const { a, b, 'seakeep-attempt': attempt, 'seakeep-timeout': timeout } = message.headers
      seen.push([a, b, attempt, timeout])
      response.end()
    })
    const agent = new Agent()
    cleanups.push(() => agent.destroy())
    const dispatcher = agent.compose(interceptor(rt))
    const forms = [
      { A: '1', b: ['2', '3'] },
      ['A', '1', 'b', '2, 3'],
      new Map([
        ['A', '1'],
        ['b', '2, 3'],
      ]),
      new Headers({ a: '1', b: '2, 3' }),
    ]
    for (const headers of forms) {
      const { body } = await request('http://payments/', {
        dispatcher,
        headers: headers as unknown as Record<string, string>,
      })
      await body.dump()
    }
    const stale = { A: '1', b: '2, 3', 'seakeep-timeout': '1m', 'seakeep-attempt': '7' }
    await (await request('http://payments/', { dispatcher, headers: stale })).body.dump()
    expect(seen).toEqual(Array.from({ length: 5 }, () => ['1', '2, 3', '1', undefined]))
  })

  it('lets what is no call through: an upgrade', async () => {
    const one = createServer()
    one.on('upgrade', (_message, socket) => {
      socket.end('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n')
    })
    const port = await listening(one)
    cleanups.push(() => closed(one))
    const { rt } = await governed()
    const agent = new Agent()
    cleanups.push(() => agent.destroy())
    const dispatcher = agent.compose(interceptor(rt))
    const { headers, socket } = await upgrade(`http://127.0.0.1:${port}`, { dispatcher, protocol: 'echo' })
    expect(headers.upgrade).toBe('echo')
    socket.destroy()
  })
})
