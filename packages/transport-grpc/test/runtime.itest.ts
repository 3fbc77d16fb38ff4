// The whole way: governed calls of a runtime, over real sockets, to a grpc-js server.
import { Buffer } from 'node:buffer'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { Metadata, status } from '@grpc/grpc-js'
import { createRuntime, memoryRegistry, type Runtime } from '@seakeep/core'
import { afterEach, describe, expect, it } from 'vitest'
import { codecOf, type GrpcOptions, grpc, grpcStatusOf } from '../src/index.ts'
import { type BytesHandler, nobody, serve } from './grpc-server.ts'

const open: { close(): Promise<void> }[] = []

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close()
})

/** A runtime that calls what answers as `payments`. */
async function calling(handler: BytesHandler, payments: object = {}, options: GrpcOptions = {}): Promise<Runtime> {
  const server = await serve({ 'shop.Payments/Charge': handler })
  const rt = await createRuntime({
    service: 'shop',
    policies: { version: 1, targets: { payments } },
    modules: [
      grpc(options),
      memoryRegistry({ instances: [{ ...server.endpoint, id: 'payments#1', service: 'payments' }] }),
    ],
  })
  open.push(server, rt)
  return rt
}

const CHARGE = { method: 'shop.Payments/Charge' }

describe('a runtime with grpc()', () => {
  it('calls with the messages of a definition', async () => {
    const charge = {
      ...{ path: '/shop.Payments/Charge', requestStream: false, responseStream: false },
      requestSerialize: (message: { amount: number }) => Buffer.from(JSON.stringify(message)),
      responseDeserialize: (bytes: Buffer) => JSON.parse(bytes.toString()),
    }
    const rt = await calling(
      (call, done) => {
        const { amount } = JSON.parse(call.request.toString())
        done(null, Buffer.from(JSON.stringify({ charged: amount * 2, by: call.metadata.get('seakeep-caller')[0] })))
      },
      {},
      { codec: codecOf({ charge }) },
    )
    const answer = await rt.client('payments').call({ ...CHARGE, body: { amount: 12 } })
    expect(answer).toMatchObject({ status: 200, body: { charged: 24, by: 'shop' } })
  })

  it('rejects with the status, its message and gRPC’s own status behind them', async () => {
    const rt = await calling((_call, done) => done({ code: status.NOT_FOUND, details: 'no such charge' }))
    const error = await rt
      .client('payments')
      .call(CHARGE)
      .then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
    expect(error).toMatchObject({
      code: 'SEAKEEP_ATTEMPT_FAILED',
      failure: 'error',
      status: 404,
      body: 'no such charge',
    })
    expect(grpcStatusOf(error)).toMatchObject({ code: status.NOT_FOUND, details: 'no such charge' })
  })

  it('tries again what may succeed, after the wait that the server asks for, and nothing else', async () => {
    const seen: string[] = []
    let code = status.UNAVAILABLE
    const rt = await calling(
      (call, done) => {
        seen.push(String(call.metadata.get('seakeep-attempt')[0]))
        const metadata = new Metadata()
        metadata.set('grpc-retry-pushback-ms', '40')
        if (seen.length % 2 === 1) done({ code, metadata })
        else done(null, call.request)
      },
      { retry: { maxAttempts: 2, backoff: { initial: 0, max: 0 } } },
    )
    const began = performance.now()
    await rt.client('payments').call(CHARGE)
    expect(performance.now() - began).toBeGreaterThanOrEqual(40)
    expect(seen).toEqual(['1', '2'])
    code = status.INVALID_ARGUMENT
    await expect(rt.client('payments').call(CHARGE)).rejects.toMatchObject({ status: 400 })
    expect(seen).toEqual(['1', '2', '1'])
  })

  it('opens its breaker for what a server did wrong, not for what a caller did', async () => {
    let code = status.INVALID_ARGUMENT
    const rt = await calling((_call, done) => done({ code }), {
      circuitBreaker: { failureRatio: 0.5, minimumCalls: 4, window: '10s', openFor: '10s' },
    })
    const fail = () =>
      rt
        .client('payments')
        .call(CHARGE)
        .catch(() => {})
    for (let at = 0; at < 4; at++) await fail()
    expect(rt.breaker('payments').value).toBe('closed')
    code = status.DATA_LOSS
    for (let at = 0; at < 4; at++) await fail()
    expect(rt.breaker('payments').value).toBe('open')
  })

  it('tells the server of a streamed answer the caller’s deadline, and not the attempt’s timeout, which ends with the head', async () => {
    const leftMs: number[] = []
    const server = await serve(
      {},
      {
        streams: {
          'shop.Payments/Watch': (call) => {
            leftMs.push(Number(call.getDeadline()) - Date.now())
            call.write(Buffer.from('a'))
            call.end()
          },
        },
      },
    )
    const rt = await createRuntime({
      service: 'shop',
      policies: { version: 1, targets: { payments: { retry: { attemptTimeout: '2s' } } } },
      modules: [grpc(), memoryRegistry({ instances: [{ ...server.endpoint, id: 'payments#1', service: 'payments' }] })],
    })
    open.push(server, rt)
    for (const options of [{ timeout: '30s' }, {}] as const) {
      const { body } = await rt.client('payments').call({ method: 'shop.Payments/Watch', stream: true }, options)
      for await (const piece of body as AsyncIterable<Uint8Array>) expect(piece).toHaveLength(1)
    }
    expect(leftMs[0]).toBeGreaterThan(20_000)
    expect(leftMs[0]).toBeLessThanOrEqual(30_000)
    expect(leftMs[1]).toBe(Number.POSITIVE_INFINITY)
  })

  it('ends a call at its timeout as such, though the server is at its deadline at the same time', async () => {
    let [arrived, cancelled] = [0, 0]
    const hang: BytesHandler = (call) => {
      arrived += 1
      call.on('cancelled', () => cancelled++)
    }
    const rt = await calling(hang, { timeout: '15ms' })
    for (let at = 0; at < 20; at++) {
      await expect(rt.client('payments').call(CHARGE)).rejects.toMatchObject({ code: 'SEAKEEP_DEADLINE_EXCEEDED' })
    }
    // One that was waiting for its connection has not been sent.
    expect(arrived).toBeGreaterThan(10)
    await expect.poll(() => cancelled, { timeout: 10_000 }).toBe(arrived)
  })

  it('tells the server of a caller that gives up', async () => {
    const [arrived, cancelled] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const rt = await calling((call) => {
      call.on('cancelled', cancelled.resolve)
      arrived.resolve()
    })
    const controller = new AbortController()
    const call = rt.client('payments').call(CHARGE, { signal: controller.signal })
    await arrived.promise
    controller.abort()
    await expect(call).rejects.toMatchObject({ code: 'SEAKEEP_CANCELLED' })
    await cancelled.promise
  })

  it('goes to another instance where one is not there', async () => {
    const server = await serve({ 'shop.Payments/Charge': (call, done) => done(null, call.request) })
    const gone = await nobody()
    const rt = await createRuntime({
      service: 'shop',
      policies: { version: 1, targets: { payments: { retry: { maxAttempts: 2, backoff: { initial: 0, max: 0 } } } } },
      modules: [
        grpc(),
        memoryRegistry({
          instances: [gone, server.endpoint].map((endpoint) => ({ ...endpoint, service: 'payments' })),
        }),
      ],
    })
    open.push(server, rt)
    for (let at = 0; at < 10; at++) {
      const answer = await rt.client('payments').call({ ...CHARGE, body: Buffer.from('x') }, { idempotent: false })
      expect(answer.status).toBe(200)
    }
  })

  it('leaves nothing behind: the program of the README ends by itself, past the proxy of its environment', async () => {
    const program = new URL('readme-program.ts', import.meta.url).pathname
    const { stdout } = await promisify(execFile)(process.execPath, ['-C', '@seakeep/source', program], {
      timeout: 30_000,
      env: { ...process.env, http_proxy: 'http://127.0.0.1:9', no_proxy: '' },
    })
    expect(stdout).toBe("200 { item: 'tea', count: 3 }\n")
  })
})
