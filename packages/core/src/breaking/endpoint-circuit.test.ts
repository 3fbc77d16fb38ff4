import { expect, test } from 'vitest'
import type { AttemptResult } from '../call/outcome.ts'
import { parsePolicyDocument } from '../config/policy-document.ts'
import { MemoryRegistry } from '../discovery/memory-registry.ts'
import type { Instance } from '../endpoint/endpoint.ts'
import { SeededRandom } from '../random/seeded-random.ts'
import { assembleRuntime } from '../runtime/assemble-runtime.ts'
import { NO_SIGNALS } from '../runtime/process-signals.ts'
import { NO_LOAD } from '../serving/load-monitor.ts'
import { type GovernanceEvent, NO_EVENTS } from '../telemetry/events.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import type { Transport } from '../transport/transport.ts'

const IDS = ['a', 'b', 'c', 'd']

test('of four endpoints one never answers: its circuit opens by the age of its calls, and the calls go elsewhere', async () => {
  const clock = new ManualClock()
  const sent = new Map(IDS.map((id) => [id, 0]))
  const transport: Transport = {
    protocol: 'scripted',
    send: ({ endpoint }, sink) => {
      const id = endpoint?.id ?? ''
      sent.set(id, (sent.get(id) ?? 0) + 1)
      const answer: AttemptResult = { ending: 'ok', status: 200, value: { status: 200, headers: {}, body: '' } }
      if (id !== 'a') sink.settle(answer)
      return () => {}
    },
    close: (_deadlineMs, done) => done(),
  }
  const circuitBreaker = { per: 'endpoint', minimumCalls: 8, slowCall: { over: '500ms', ratio: 0.5 } } as const
  const targets = { orders: { timeout: '30s', circuitBreaker, loadBalancing: 'round-robin' } }
  const instances = IDS.map(
    (id): Instance => ({ id, service: 'orders', address: { host: id, port: 1 }, protocol: 'scripted', weight: 1 }),
  )
  const runtime = assembleRuntime(
    { service: 'shop', policies: parsePolicyDocument({ version: 1, targets }) },
    {
      clock,
      random: new SeededRandom(4),
      events: NO_EVENTS,
      transports: [transport],
      registries: [new MemoryRegistry(clock, instances)],
      servers: [],
      load: NO_LOAD,
      signals: NO_SIGNALS,
    },
  )
  const opened: GovernanceEvent[] = []
  runtime.events$.subscribe((event) => event.type === 'circuitOpened' && opened.push(event))
  const call = (): void =>
    void runtime
      .client('orders')
      .call({ method: 'GET /' }, {})
      .catch(() => {})
  for (let i = 0; i < 100; i++) {
    call()
    await clock.advanceAsync(10)
  }
  expect(opened).toMatchObject([{ endpoint: 'a', why: expect.stringMatching(/of them under way for over 500 ms/) }])
  expect(opened[0]?.atMs).toBeLessThan(1_000)
  const before = sent.get('a')
  for (let i = 0; i < 100; i++) call()
  await clock.advanceAsync(0)
  expect(sent.get('a')).toBe(before)
  expect(runtime.breaker('orders', 'a').value).toBe('open')
})
