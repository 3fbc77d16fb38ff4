// A server that asks not to be asked again.
import { expect, it } from 'vitest'
import type { Transport } from '../src/spi.ts'
import { assembleRuntime, MemoryRegistry, NO_EVENTS, NO_LOAD, NO_SIGNALS, parsePolicyDocument } from '../src/spi.ts'
import { ManualClock, SeededRandom } from '../src/testing/index.ts'

it.each([
  [true, 1],
  [undefined, 3],
])('is final: %s, and is asked so often: %d', async (isFinal, attempts) => {
  const clock = new ManualClock()
  const registry = new MemoryRegistry(clock)
  const address = { host: 'a', port: 1 }
  const instance = { id: 'a', service: 'orders', address, protocol: 'memory', weight: 1 }
  registry.register(instance, Number.POSITIVE_INFINITY, () => {})
  let sent = 0
  const transport: Transport = {
    protocol: 'memory',
    send(_attempt, sink) {
      sent += 1
      sink.settle({ ending: 'refused', status: 503, isFinal })
      return () => {}
    },
    close: (_deadlineMs, done) => done(),
  }
  const runtime = assembleRuntime(
    { service: 'web', policies: parsePolicyDocument({ version: 1, targets: { orders: { retry: true } } }) },
    {
      clock,
      random: new SeededRandom(1),
      events: NO_EVENTS,
      transports: [transport],
      registries: [registry],
      servers: [],
      load: NO_LOAD,
      signals: NO_SIGNALS,
    },
  )
  const ended = runtime
    .client('orders')
    .call()
    .catch((error: unknown) => error)
  await clock.advanceAsync(10_000)
  expect(await ended).toMatchObject({ code: 'SEAKEEP_ATTEMPT_FAILED', failure: 'refused' })
  expect(sent).toBe(attempts)
})
