import { afterEach, describe, expect, it } from 'vitest'
import { allOf, byHand, disposeServed, NO_LIMITS, raw, Served } from './served.ts'

afterEach(disposeServed)

describe('drain', () => {
  it('finishes what is in flight, refuses what is new, and stops listening at once', async () => {
    const { listener, next } = byHand()
    const one = await Served.of(NO_LIMITS, listener)
    const { hostname, port } = new URL(one.url)
    const first = one.get()
    const answer = await next()
    // A second request on a connection that is busy: pipelined, so that it comes while the first is under way.
    const busy = await raw(Number(port), hostname, 'GET /slow HTTP/1.1\r\nhost: x\r\n\r\n')
    const answerBusy = await next()
    one.isReady = false
    one.admission.drain()
    const closed = one.close(60_000)
    const late = await raw(Number(port), hostname, '').then(
      () => 'connected',
      (error: NodeJS.ErrnoException) => error.code,
    )
    expect(late).toBe('ECONNREFUSED')
    busy.write('GET /more HTTP/1.1\r\nhost: x\r\n\r\n')
    answer('finished')
    expect(await first).toMatchObject({ text: 'finished', headers: { connection: 'close' } })
    const text = allOf(busy)
    answerBusy('finished too')
    expect(await text).toMatch(/^HTTP\/1\.1 200 .*connection: close.*finished too$/is)
    await closed
  })

  it('refuses with 503 and ends the connection while others are finished', async () => {
    const { listener, next } = byHand()
    const one = await Served.of(NO_LIMITS, listener)
    const first = one.get()
    const answer = await next()
    one.isReady = false
    one.admission.drain()
    expect(await one.get('/more')).toMatchObject({
      status: 503,
      headers: { connection: 'close', 'retry-after': '1', 'seakeep-refused': 'shutting-down' },
    })
    answer('finished')
    expect((await first).text).toBe('finished')
  })

  it('says goodbye with each answer while it spreads', async () => {
    const one = await Served.of(NO_LIMITS, (_request, response) => void response.end('app'))
    expect((await one.get()).headers.connection).toBe('keep-alive')
    one.isReady = false
    expect((await one.get()).headers.connection).toBe('close')
  })

  it('lets a large answer that has been ended reach a slow reader', async () => {
    const size = 20_000_000
    let ended: () => void = () => {}
    const isEnded = new Promise<void>((resolve) => {
      ended = resolve
    })
    const one = await Served.of(NO_LIMITS, (_request, response) => {
      response.end('x'.repeat(size))
      ended()
    })
    const { hostname, port } = new URL(one.url)
    const reader = await raw(Number(port), hostname, 'GET / HTTP/1.1\r\nhost: x\r\n\r\n')
    await isEnded
    const closed = one.close(60_000)
    expect((await allOf(reader)).length).toBeGreaterThan(size)
    await closed
  })

  it('closes by force when the grace is over', async () => {
    const { listener, next } = byHand()
    const one = await Served.of(NO_LIMITS, listener)
    const first = one.get().then(
      () => 'answered',
      () => 'broken off',
    )
    await next()
    await one.close(10)
    expect(await first).toBe('broken off')
  })
})
