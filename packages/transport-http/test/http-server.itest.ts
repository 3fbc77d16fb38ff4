import { createServer } from 'node:http'
import { Admission, NO_EVENTS, SeededRandom } from '@seakeep/core/spi'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { HttpServerAdapter } from '../src/http-server-adapter.ts'
import { requestContext } from '../src/request-context.ts'
import { allOf, byHand, clock, disposeServed, NO_LIMITS, raw, Served } from './served.ts'

afterEach(disposeServed)

describe('probes', () => {
  it('answers /livez and /readyz past every limit, and leaves other methods to the app', async () => {
    const limits = { rateLimit: { rate: 0.001, burst: 1 }, concurrency: undefined }
    const one = await Served.of(limits, (_request, response) => void response.end('app'))
    expect((await one.get('/')).text).toBe('app')
    expect(await one.get('/livez')).toMatchObject({ status: 200, text: 'alive\n' })
    expect(await one.get('/readyz?verbose')).toMatchObject({ status: 200, text: 'ready\n' })
    one.isReady = false
    expect(await one.get('/readyz')).toMatchObject({ status: 503, text: 'not ready\n' })
    expect(await one.get('/livez')).toMatchObject({ status: 200 })
    expect((await one.get('/livezzz')).headers['seakeep-refused']).toBe('rate-limited')
  })
})

describe('limits', () => {
  it('refuses over the rate with 429, a whole Retry-After and the exact wait', async () => {
    const limits = { rateLimit: { rate: 0.5, burst: 1 }, concurrency: undefined }
    const one = await Served.of(limits, (_request, response) => void response.end('app'))
    expect((await one.get()).status).toBe(200)
    const refused = await one.get()
    expect(refused).toMatchObject({ status: 429, headers: { 'retry-after': '2', 'seakeep-refused': 'rate-limited' } })
    const waitMs = Number(refused.headers['retry-after-ms'])
    expect(waitMs).toBeGreaterThan(1000)
    expect(waitMs).toBeLessThanOrEqual(2000)
  })

  it('keeps a rate for each caller: by the service it names, else by where it comes from', async () => {
    const limits = { rateLimit: { rate: 0.001, burst: 1, maxKeys: 10 }, concurrency: undefined }
    const one = await Served.of(limits, (_request, response) => void response.end('app'))
    const statuses: number[] = []
    for (const caller of ['web', 'web', 'jobs', undefined, undefined]) {
      statuses.push((await one.get('/', caller === undefined ? {} : { 'seakeep-caller': caller })).status)
    }
    expect(statuses).toEqual([200, 429, 200, 200, 429])
  })

  it('serves the line by priority, where its discipline says so', async () => {
    const concurrency = {
      limit: 1,
      queue: 10,
      maxWaitMs: 5000,
      line: { discipline: 'priority' as const, targetMs: 5, intervalMs: 100, order: ['sheddable', 'default'] },
    }
    const { listener, next } = byHand()
    const one = await Served.of({ rateLimit: undefined, concurrency }, listener)
    const ended: string[] = []
    const ask = (priority: string) =>
      one.get('/', { 'seakeep-priority': priority }).then(() => void ended.push(priority))
    const all: Promise<void>[] = []
    for (const [place, priority] of ['first', 'sheddable', 'default', 'critical'].entries()) {
      all.push(ask(priority))
      await vi.waitUntil(() => one.admission.inFlight + one.admission.queued === place + 1)
    }
    for (let i = 0; i < 4; i++) {
      const answer = await next()
      answer('done')
      await vi.waitUntil(() => ended.length === i + 1)
    }
    await Promise.all(all)
    expect(ended).toEqual(['first', 'critical', 'default', 'sheddable'])
  })

  it('refuses over the concurrency with 503 at once, and admits again when an answer has left', async () => {
    const { listener, next } = byHand()
    const one = await Served.of(
      { rateLimit: undefined, concurrency: { limit: 1, queue: 0, maxWaitMs: 1000 } },
      listener,
    )
    const first = one.get()
    const answer = await next()
    expect(await one.get()).toMatchObject({
      status: 503,
      headers: { 'retry-after': '1', 'retry-after-ms': '0', 'seakeep-refused': 'concurrency' },
    })
    answer('one')
    expect((await first).text).toBe('one')
    const second = one.get()
    ;(await next())('two')
    expect((await second).text).toBe('two')
  })

  it('serves the line in order, and refuses who has waited too long', async () => {
    const { listener, next } = byHand()
    const one = await Served.of({ rateLimit: undefined, concurrency: { limit: 1, queue: 1, maxWaitMs: 20 } }, listener)
    const first = one.get('/a')
    const answer = await next()
    expect((await one.get('/waits')).headers['seakeep-refused']).toBe('concurrency')
    answer('one')
    await first
    expect(one.admission.inFlight).toBe(0)
  })

  it('gives the place of a caller that has gone to the next, exactly once', async () => {
    const { listener, next } = byHand()
    const one = await Served.of(
      { rateLimit: undefined, concurrency: { limit: 1, queue: 5, maxWaitMs: 60_000 } },
      listener,
    )
    const { hostname, port } = new URL(one.url)
    const gone = await raw(Number(port), hostname, 'GET /gone HTTP/1.1\r\nhost: x\r\n\r\n')
    const answerGone = await next()
    const leaves = await raw(Number(port), hostname, 'GET /leaves HTTP/1.1\r\nhost: x\r\n\r\n')
    const waits = one.get('/waits')
    await vi.waitFor(() => expect(one.admission.queued).toBe(2))
    leaves.destroy()
    await vi.waitFor(() => expect(one.admission.queued).toBe(1))
    gone.destroy()
    const answer = await next()
    answerGone('to nobody')
    expect(one.admission.inFlight).toBe(1)
    answer('to the next')
    expect((await waits).text).toBe('to the next')
    expect(one.admission.inFlight).toBe(0)
  })
})

describe('deadlines', () => {
  it('refuses what has exceeded its deadline without running the handler', async () => {
    let runs = 0
    const one = await Served.of(NO_LIMITS, (_request, response) => {
      runs += 1
      response.end()
    })
    expect(await one.get('/', { 'seakeep-timeout': '0m' })).toMatchObject({
      status: 503,
      headers: { 'seakeep-refused': 'shed' },
    })
    expect(runs).toBe(0)
    expect((await one.get('/', { 'seakeep-timeout': '30S' })).status).toBe(200)
    expect((await one.get('/', { 'seakeep-timeout': 'soon' })).status).toBe(200)
    expect(runs).toBe(2)
  })

  it('waits in the line no longer than the deadline', async () => {
    const { listener, next } = byHand()
    const one = await Served.of(
      { rateLimit: undefined, concurrency: { limit: 1, queue: 5, maxWaitMs: 60_000 } },
      listener,
    )
    const first = one.get()
    const answer = await next()
    expect((await one.get('/', { 'seakeep-timeout': '30m' })).status).toBe(503)
    answer('one')
    await first
  })

  it('tells the handler, through every await, what its caller has said', async () => {
    const one = await Served.of(NO_LIMITS, async (message, response) => {
      for await (const _ of message);
      const context = requestContext()
      response.setHeader('content-type', 'application/json')
      response.end(
        JSON.stringify({
          attempt: context?.attempt,
          priority: context?.priority,
          leftMs: (context?.deadlineMs ?? 0) - clock.now(),
        }),
      )
    })
    const headers = { 'seakeep-timeout': '5S', 'seakeep-attempt': '2', 'seakeep-priority': 'batch' }
    const told = JSON.parse((await one.get('/', headers)).text)
    expect(told).toMatchObject({ attempt: 2, priority: 'batch' })
    expect(told.leftMs).toBeGreaterThan(1000)
    expect(told.leftMs).toBeLessThanOrEqual(5000)
    const silent = JSON.parse((await one.get()).text)
    expect(silent).toMatchObject({ attempt: 1 })
    expect(requestContext()).toBe(undefined)
  })
})

describe('a server that people already have', () => {
  it('keeps its listeners, also later ones, and its connections alive', async () => {
    const ports = new Set<number | undefined>()
    const one = await Served.of(NO_LIMITS, (message) => void ports.add(message.socket.remotePort))
    one.server.on('request', (_message, response) => void response.end('later listener'))
    for (let at = 0; at < 20; at++) expect((await one.get()).text).toBe('later listener')
    // undici opens a second one where the first is not handed back yet in the turn of the next request.
    expect(ports.size).toBeLessThanOrEqual(2)
  })

  it('stands before a listener of checkContinue, too', async () => {
    const one = await Served.of({ rateLimit: { rate: 0.001, burst: 1 }, concurrency: undefined }, () => {})
    one.server.on('checkContinue', (_message, response) => void response.end('went on'))
    const { hostname, port } = new URL(one.url)
    const asked = 'POST / HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\nconnection: close\r\ncontent-length: 0\r\n\r\n'
    expect(await allOf(await raw(Number(port), hostname, asked))).toMatch(/went on$/)
    expect(await allOf(await raw(Number(port), hostname, asked))).toMatch(/^HTTP\/1\.1 429/)
  })

  it('answers 404 where nobody listens', async () => {
    const one = await Served.of(NO_LIMITS, () => {})
    one.server.removeAllListeners('request')
    expect((await one.get()).status).toBe(404)
  })

  it('is not any other object', () => {
    const adapter = new HttpServerAdapter({ clock, random: new SeededRandom(1), events: NO_EVENTS })
    const host = { admission: new Admission(undefined, clock), isReady: true }
    expect(() => adapter.attach({}, host)).toThrow(/node:http/)
  })

  it('tells why it cannot listen', async () => {
    const one = await Served.of(NO_LIMITS, () => {})
    const other = new HttpServerAdapter({ clock, random: new SeededRandom(1), events: NO_EVENTS }).attach(
      createServer(),
      {
        admission: one.admission,
        isReady: true,
      },
    )
    const port = Number(new URL(one.url).port)
    const told = await new Promise((resolve) => other.listen({ host: '127.0.0.1', port }, resolve))
    expect(told).toMatchObject({ code: 'EADDRINUSE' })
  })
})
