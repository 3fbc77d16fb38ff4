// Channels that are opened and closed, and endpoints that come and go: what is left of them. Run short by a test, long by
// `pnpm soak:grpc`.
import { getActiveResourcesInfo } from 'node:process'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createRuntime, type Instance } from '@seakeep/core'
import { after, MemoryRegistry, Tokens } from '@seakeep/core/spi'
import { ContainerModule } from 'inversify'
import { grpc } from '../src/index.ts'
import { Attempts, clock } from './attempts.ts'
import { endpointAt, serve } from './grpc-server.ts'

export interface Left {
  readonly heapBytes: number
  readonly sockets: number
  readonly timers: number
}

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')
const sleep = (ms: number): Promise<void> => new Promise((resolve) => void after(clock, ms, resolve))

export async function left(): Promise<Left> {
  // Connections end over a few turns, and what held them is let go after.
  await sleep(50)
  collect()
  await sleep(0)
  collect()
  const resources = getActiveResourcesInfo()
  const count = (kind: RegExp) => resources.filter((one) => kind.test(one)).length
  return { heapBytes: process.memoryUsage().heapUsed, sockets: count(/TCP/), timers: count(/Timeout/) }
}

/** Opens so many channels to one server, one after the other, with a call on each. */
export async function churnChannels(channels: number): Promise<void> {
  const server = await serve({ 'test.Echo/Answer': (call, done) => done(null, call.request) })
  const attempts = new Attempts(server.endpoint)
  for (let i = 0; i < channels; i++) {
    const { ending, error } = await attempts.send().ended
    if (ending !== 'ok') throw new Error(`channel ${i}: ${ending}`, { cause: error })
    attempts.transport.forget(server.endpoint)
  }
  await attempts.close()
  await server.close()
}

/** Endpoints of a service come and go, one in ten a round, while it is called. */
export async function churnEndpoints(endpoints: number, forMs: number): Promise<number> {
  const server = await serve({ 'test.Echo/Answer': (call, done) => done(null, call.request) })
  const registry = new MemoryRegistry(clock)
  const instances = Array.from(
    { length: endpoints },
    (_, i): Instance => ({ ...endpointAt(server.endpoint.address.port), id: `echo#${i}` }),
  )
  for (const instance of instances) registry.register(instance, Number.POSITIVE_INFINITY, () => {})
  const rt = await createRuntime({
    service: 'churn',
    policies: { version: 1, targets: { echo: { timeout: '10s', retry: true, circuitBreaker: true, outlier: true } } },
    modules: [grpc(), new ContainerModule(({ bind }) => void bind(Tokens.registry).toConstantValue(() => registry))],
  })
  const until = clock.now() + forMs
  let calls = 0
  for (let turn = 0; clock.now() < until; turn++) {
    const some = instances.filter((_, i) => i % 10 === turn % 10)
    for (const instance of some) registry.deregister(instance, () => {})
    for (let i = 0; i < 5; i++) await rt.client('echo').call({ method: 'test.Echo/Answer' })
    for (const instance of some) registry.register(instance, Number.POSITIVE_INFINITY, () => {})
    calls += 5
    await sleep(0)
  }
  await rt.close()
  await server.close()
  return calls
}
