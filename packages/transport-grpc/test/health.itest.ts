// grpc.health.v1, asked of real servers: alone, and as a policy document has it.
import { Buffer } from 'node:buffer'
import { status } from '@grpc/grpc-js'
import { createRuntime, type GovernanceEvent, memoryRegistry, type Runtime } from '@seakeep/core'
import { afterEach, describe, expect, it } from 'vitest'
import { grpc } from '../src/index.ts'
import { Attempts } from './attempts.ts'
import { type BytesHandler, type BytesStreamCall, type GrpcServer, nobody, serve } from './grpc-server.ts'

const CHECK = 'grpc.health.v1.Health/Check'
const WATCH = 'grpc.health.v1.Health/Watch'
const SERVING = 1
const NOT_SERVING = 2
const SERVICE_UNKNOWN = 3

const open: { close(): Promise<void> }[] = []

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close()
})

async function asking(check?: BytesHandler): Promise<Attempts> {
  const server = await serve(check === undefined ? {} : { [CHECK]: check })
  const attempts = new Attempts(server.endpoint)
  open.push(server, attempts)
  return attempts
}

const says = (state: number): BytesHandler => {
  return (_call, done) => done(null, Buffer.from([0x08, state]))
}

describe('a check by grpc.health.v1', () => {
  it('is passed by SERVING alone', async () => {
    const told = async (state: number) => (await asking(says(state))).check('orders')
    expect(await told(SERVING)).toEqual({ isHealthy: true, reason: 'answered SERVING' })
    expect(await told(NOT_SERVING)).toEqual({ isHealthy: false, reason: 'answered NOT_SERVING' })
    expect(await told(SERVICE_UNKNOWN)).toEqual({ isHealthy: false, reason: 'answered SERVICE_UNKNOWN' })
    expect(await told(0)).toEqual({ isHealthy: false, reason: 'answered UNKNOWN' })
    expect(await told(99)).toEqual({ isHealthy: false, reason: 'answered what is no health status' })
  })

  it('asks for the service by its name, within the time that the check has', async () => {
    const asked: string[] = []
    const attempts = await asking((call, done) => {
      asked.push(call.request.subarray(2).toString())
      expect(Number.isFinite(Number(call.getDeadline()))).toBe(true)
      says(SERVING)(call, done)
    })
    await attempts.check('shop.Orders')
    await attempts.check('')
    expect(asked).toEqual(['shop.Orders', ''])
  })

  it('fails with NOT_FOUND; a server without the service says nothing', async () => {
    const unknown = await asking((_call, done) => done({ code: status.NOT_FOUND, details: 'what orders?' }))
    expect(await unknown.check('orders')).toEqual({ isHealthy: false, reason: 'answered NOT_FOUND: what orders?' })
    const without = await (await asking()).check('orders')
    expect(without.isHealthy).toBe(undefined)
    expect(without.reason).toMatch(/^answered UNIMPLEMENTED/)
  })

  it('fails where nobody is, and where nobody answers in time', async () => {
    const attempts = await asking(() => {})
    const refused = await attempts.check('', 5000, await nobody())
    expect(refused.isHealthy).toBe(false)
    expect(refused.reason).toMatch(/ECONNREFUSED/)
    expect(await attempts.check('', 30)).toEqual({ isHealthy: false, reason: 'no answer within 30 ms' })
  })

  it('that is called off tells nothing, and the server learns of it', async () => {
    const [arrived, cancelled] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const attempts = await asking((call) => {
      call.on('cancelled', cancelled.resolve)
      arrived.resolve()
    })
    let tells = 0
    const probe = { kind: 'grpc', service: '' } as const
    const handle = attempts.transport.check(attempts.endpoint, probe, 60_000, () => tells++)
    await arrived.promise
    handle[Symbol.dispose]()
    await cancelled.promise
    handle[Symbol.dispose]()
    expect(tells).toBe(0)
  })

  it('of another kind is none that gRPC makes', async () => {
    const { transport, endpoint } = await asking()
    const told = new Promise((resolve) => transport.check(endpoint, { kind: 'tcp' }, 1000, resolve))
    expect(await told).toEqual({ isHealthy: undefined, reason: 'gRPC makes no tcp checks' })
  })
})

describe('a server that can be watched', () => {
  interface Watched {
    readonly server: GrpcServer
    readonly watchers: Set<BytesStreamCall>
    say(state: number): void
    ended: number
  }

  async function watched(): Promise<Watched> {
    const watchers = new Set<BytesStreamCall>()
    let now = SERVING
    const watch = (call: BytesStreamCall): void => {
      watchers.add(call)
      call.on('cancelled', () => {
        watchers.delete(call)
        one.ended += 1
        // A handler has to end its stream by itself, or grpc-js waits for it.
        call.end()
      })
      call.write(Buffer.from([0x08, now]))
    }
    const server = await serve(
      { [CHECK]: (call, done) => says(now)(call, done), 'shop.Orders/Get': (call, done) => done(null, call.request) },
      { streams: { [WATCH]: watch } },
    )
    const one: Watched = {
      server,
      watchers,
      ended: 0,
      say: (state) => {
        now = state
        for (const call of watchers) call.write(Buffer.from([0x08, state]))
      },
    }
    open.push(server)
    return one
  }

  async function calling({ server }: Watched): Promise<Runtime> {
    // Asked once, and then not again while the test lasts.
    const health = { grpc: true, interval: '10m', jitter: 0 }
    const rt = await createRuntime({
      service: 'shop',
      policies: { version: 1, targets: { orders: { health } } },
      modules: [grpc(), memoryRegistry({ instances: [{ ...server.endpoint, id: 'one', service: 'orders' }] })],
    })
    open.push(rt)
    await rt.client('orders').call({ method: 'shop.Orders/Get' })
    return rt
  }

  const stateOf = (rt: Runtime) => rt.health('orders').value.byEndpoint.one?.state

  it('is believed at once, and not at its next check', async () => {
    const one = await watched()
    const rt = await calling(one)
    await expect.poll(() => one.watchers.size, { timeout: 10_000 }).toBe(1)
    await expect.poll(() => stateOf(rt), { timeout: 10_000 }).toBe('healthy')
    one.say(NOT_SERVING)
    await expect.poll(() => stateOf(rt), { timeout: 10_000 }).toBe('unhealthy')
    one.say(SERVING)
    await expect.poll(() => stateOf(rt), { timeout: 10_000 }).toBe('healthy')
  })

  it('grpc-node#1458: is not held up by who watches it, when it drains', async () => {
    const one = await watched()
    await calling(one)
    await expect.poll(() => one.watchers.size, { timeout: 10_000 }).toBe(1)
    one.server.goAway()
    await one.server.drained()
    expect(one.ended).toBe(1)
  })

  it('is watched no longer than the runtime lives', async () => {
    const one = await watched()
    const rt = await calling(one)
    await expect.poll(() => one.watchers.size, { timeout: 10_000 }).toBe(1)
    await rt.close()
    await expect.poll(() => one.watchers.size, { timeout: 10_000 }).toBe(0)
  })
})

describe('health: { grpc } of a policy document', () => {
  interface Instance {
    readonly server: GrpcServer
    state: number
    calls: number
  }

  async function instance(): Promise<Instance> {
    const one = { state: SERVING, calls: 0 } as { server: GrpcServer; state: number; calls: number }
    one.server = await serve({
      [CHECK]: (call, done) => says(one.state)(call, done),
      'shop.Orders/Get': (call, done) => {
        one.calls += 1
        done(null, call.request)
      },
    })
    open.push(one.server)
    return one
  }

  const told = (rt: Runtime, type: GovernanceEvent['type']): Promise<GovernanceEvent> =>
    new Promise((resolve) => {
      rt.events$.subscribe((event) => {
        if (event.type === type) resolve(event)
      })
    })

  it('keeps calls from an instance that says NOT_SERVING, and lets it come back after `rise`', async () => {
    const [one, two] = [await instance(), await instance()]
    const health = { grpc: 'shop.Orders', interval: 20, timeout: '1s', fall: 2, rise: 3, jitter: 0 }
    const rt = await createRuntime({
      service: 'shop',
      policies: { version: 1, targets: { orders: { loadBalancing: 'round-robin', health } } },
      modules: [
        grpc(),
        memoryRegistry({
          instances: [
            { ...one.server.endpoint, id: 'one', service: 'orders' },
            { ...two.server.endpoint, id: 'two', service: 'orders' },
          ],
        }),
      ],
    })
    open.push(rt)
    const call = () => rt.client('orders').call({ method: 'shop.Orders/Get' })
    await call()
    await expect.poll(() => rt.health('orders').value.byEndpoint.one?.state, { timeout: 10_000 }).toBe('healthy')

    const failed = told(rt, 'endpointFailedChecks')
    one.state = NOT_SERVING
    expect(await failed).toMatchObject({ endpoint: 'one', why: '2 checks failed in a row: answered NOT_SERVING' })
    const before = one.calls
    for (let at = 0; at < 20; at++) await call()
    expect(one.calls).toBe(before)
    expect(rt.health('orders').value.byEndpoint.one?.state).toBe('unhealthy')

    const recovered = told(rt, 'endpointRecovered')
    one.state = SERVING
    expect(await recovered).toMatchObject({ endpoint: 'one', why: '3 checks passed in a row: answered SERVING' })
    await expect.poll(async () => call().then(() => one.calls), { timeout: 10_000 }).toBeGreaterThan(before)
  })
})
