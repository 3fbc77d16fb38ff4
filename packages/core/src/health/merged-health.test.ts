import { expect, test } from 'vitest'
import type { Attempt, AttemptSink, Cancel } from '../call/call.ts'
import type { AttemptResult } from '../call/outcome.ts'
import { parsePolicyDocument } from '../config/policy-document.ts'
import { MemoryRegistry } from '../discovery/memory-registry.ts'
import type { Instance } from '../endpoint/endpoint.ts'
import { SeededRandom } from '../random/seeded-random.ts'
import { assembleRuntime } from '../runtime/assemble-runtime.ts'
import { NO_SIGNALS } from '../runtime/process-signals.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { NO_LOAD } from '../serving/load-monitor.ts'
import { type GovernanceEvent, NO_EVENTS } from '../telemetry/events.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import type { Transport } from '../transport/transport.ts'

/** Registration, checks and traffic together, through a whole runtime. */
/** Four, since with fewer than half of them left a balancer panics and takes any. */
const IDS = ['orders#1', 'orders#2', 'orders#3', 'orders#4']

class World implements Transport {
  readonly protocol = 'scripted'
  readonly clock = new ManualClock()
  readonly registry: MemoryRegistry
  readonly runtime: Runtime
  readonly told: GovernanceEvent[] = []
  /** What an endpoint answers, by the way and its id; 200, unless said. 0 is no answer at all. */
  readonly answers = new Map<string, number>()
  readonly calls = new Map<string, number>()
  checks = 0

  constructor(policy: object) {
    const instances = IDS.map(
      (id): Instance => ({ id, service: 'orders', address: { host: id, port: 1 }, protocol: 'scripted', weight: 1 }),
    )
    this.registry = new MemoryRegistry(this.clock, instances)
    this.runtime = assembleRuntime(
      { service: 'shop', policies: parsePolicyDocument({ version: 1, targets: { orders: policy } }) },
      {
        clock: this.clock,
        random: new SeededRandom(4),
        events: NO_EVENTS,
        transports: [this],
        registries: [this.registry],
        servers: [],
        load: NO_LOAD,
        signals: NO_SIGNALS,
      },
    )
    this.runtime.events$.subscribe((event) => this.told.push(event))
  }

  send(attempt: Attempt, sink: AttemptSink<AttemptResult>): Cancel {
    const id = attempt.endpoint?.id ?? ''
    const method = attempt.request.method ?? ''
    if (method === 'GET /readyz') this.checks++
    else this.calls.set(id, (this.calls.get(id) ?? 0) + 1)
    const status = this.answers.get(`${method} ${id}`) ?? 200
    if (status !== 0) sink.settle({ ending: 'ok', status, value: { status, headers: {}, body: '' } })
    return () => {}
  }

  close(_deadlineMs: number, done: () => void): void {
    done()
  }

  states(): string {
    const { byEndpoint } = this.runtime.health('orders').value
    return IDS.map((id) => byEndpoint[id]?.state).join(' ')
  }

  async call(times: number): Promise<void> {
    this.calls.clear()
    for (let i = 0; i < times; i++) {
      await this.runtime
        .client('orders')
        .call({ method: 'GET /orders' }, {})
        .catch(() => {})
    }
  }
}

test('checks, traffic and registration meet in one cell and in who is picked', async () => {
  const it = new World({
    health: { http: '/readyz', interval: '1s', timeout: '200ms', jitter: 0 },
    outlier: { maxEjected: 1, successRate: false },
    loadBalancing: 'round-robin',
  })
  it.runtime.health('orders')
  await it.clock.advanceAsync(10)
  expect(it.states()).toBe('healthy healthy healthy healthy')
  const usable: number[] = []
  it.runtime.health('orders').changes$.subscribe((health) => usable.push(health.usable))

  it.answers.set('GET /readyz orders#1', 503)
  await it.clock.advanceAsync(2_000)
  expect(it.states()).toBe('unhealthy healthy healthy healthy')
  await it.call(60)
  expect([...it.calls.keys()].sort()).toEqual(['orders#2', 'orders#3', 'orders#4'])

  it.answers.set('GET /orders orders#2', 500)
  await it.call(60)
  expect(it.states()).toBe('unhealthy ejected healthy healthy')
  const { byEndpoint, endpoints } = it.runtime.health('orders').value
  expect([endpoints, byEndpoint['orders#1']?.reasons, byEndpoint['orders#2']?.reasons]).toEqual([
    4,
    ['registered', 'checks: answered 503'],
    ['registered', 'checks: answered 200', 'traffic: ejected, 1 in a row'],
  ])
  await it.call(60)
  expect([...it.calls.keys()].sort()).toEqual(['orders#3', 'orders#4'])

  it.answers.clear()
  await it.clock.advanceAsync(40_000)
  expect(it.states()).toBe('healthy healthy healthy healthy')
  expect(usable).toEqual([3, 2, 3, 4])
  const types = it.told.map(({ type }) => type).filter((type) => type.startsWith('endpoint'))
  expect(types).toEqual([
    'endpointsChanged',
    'endpointFailedChecks',
    'endpointEjected',
    'endpointRecovered',
    'endpointReturned',
  ])
  await it.runtime.close()
  const before = it.checks
  await it.clock.advanceAsync(60_000)
  expect([it.checks, it.clock.pending]).toEqual([before, 0])
})

test('an endpoint that does not answer its check is called off at the timeout', async () => {
  const it = new World({ health: { http: '/readyz', interval: '1s', timeout: '200ms', jitter: 0, fall: 1 } })
  it.answers.set('GET /readyz orders#3', 0)
  it.runtime.health('orders')
  await it.clock.advanceAsync(201)
  expect(it.states()).toBe('healthy healthy unhealthy healthy')
  const { reasons } = it.runtime.health('orders').value.byEndpoint['orders#3'] ?? {}
  expect(reasons).toEqual(['registered', 'checks: no answer within 200 ms'])
})

test('without any layer the registration alone speaks; what nobody can ask stays in use', async () => {
  const bare = new World({ timeout: '1s' })
  bare.runtime.health('orders')
  await bare.clock.advanceAsync(1)
  expect(bare.states()).toBe('healthy healthy healthy healthy')
  const it = new World({ health: { tcp: true, jitter: 0 } })
  it.runtime.health('orders')
  await it.clock.advanceAsync(25_000)
  expect(it.states()).toBe('unknown unknown unknown unknown')
  await it.call(30)
  expect(it.calls.size).toBe(4)
})
