// What instances of a service cannot know alone, through whole runtimes on one board. `owner/repo#n` is
// `https://github.com/owner/repo/issues/n`.

import type { ContainerModule } from 'inversify'
import { describe, expect, test } from 'vitest'
import {
  createRuntime,
  type GovernanceEvent,
  isConfigError,
  isRejectedError,
  memoryBoard,
  type Runtime,
} from '../src/index.ts'
import {
  assembleRuntime,
  MemoryBoard,
  MemoryRegistry,
  NO_LOAD,
  NO_SIGNALS,
  type PolicyDocument,
  parsePolicyDocument,
} from '../src/spi.ts'
import { ManualClock, MemoryTransport, SeededRandom } from '../src/testing/index.ts'

type Targets = Readonly<Record<string, object>>

const documentOf = (targets: Targets): PolicyDocument => parsePolicyDocument({ version: 1, targets })

/** Instances of `web`, all calling the one instance of `orders`. */
class Fleet {
  readonly clock = new ManualClock()
  readonly board = new MemoryBoard(this.clock)
  readonly registry = new MemoryRegistry(this.clock)
  readonly transport = new MemoryTransport(this.clock)
  readonly runtimes: Runtime[] = []
  readonly events: GovernanceEvent[] = []
  reached = 0
  status = 200

  constructor(instances: number, targets: Targets, service = 'web') {
    this.transport.serve('a', (far) => {
      this.reached += 1
      far.answer(this.status, { status: this.status })
    })
    const address = { host: 'a', port: 80 }
    const instance = { id: 'a', service: 'orders', address, protocol: 'memory', weight: 1 }
    this.registry.register(instance, Number.POSITIVE_INFINITY, () => {})
    for (let i = 0; i < instances; i++) this.start(documentOf(targets), service)
  }

  start(policies: PolicyDocument, service = 'web'): Runtime {
    const { clock, registry, transport, events } = this
    const runtime = assembleRuntime(
      { service, policies },
      {
        clock,
        random: new SeededRandom(this.runtimes.length),
        events: { emit: (event) => void events.push(event) },
        transports: [transport],
        registries: [registry],
        board: this.board.connect({ delayMs: () => 2 }),
        servers: [],
        load: NO_LOAD,
        signals: NO_SIGNALS,
      },
    )
    this.runtimes.push(runtime)
    return runtime
  }

  /** One call of each; how each ended. */
  async callEach(method = 'GET /'): Promise<string[]> {
    const ends = this.runtimes.map(() => 'under way')
    for (const [at, runtime] of this.runtimes.entries()) {
      runtime
        .client('orders')
        .call({ method })
        .then(
          () => (ends[at] = 'ok'),
          (error: unknown) => (ends[at] = isRejectedError(error) ? error.reason : 'failed'),
        )
    }
    await this.clock.advanceAsync(10)
    return ends
  }

  get circuits(): string[] {
    return this.runtimes.map((runtime) => runtime.breaker('orders').value)
  }
}

// nodeshift/opossum#675, connor4312/cockatiel#89, App-vNext/Polly#287, #215, resilience4j/resilience4j#1756, #1284: each of
// many instances has to find out for itself, with its own users, that the target they share is down.
describe('12. a circuit that instances share', () => {
  const breaker = { circuitBreaker: { per: 'service', quorum: 2 } }

  test('when two have found out, the others need one failure each instead of twenty', async () => {
    const fleet = new Fleet(10, { orders: breaker })
    fleet.status = 500
    await fleet.callEach()
    for (const runtime of fleet.runtimes.slice(0, 2)) {
      for (let i = 0; i < 19; i++)
        runtime
          .client('orders')
          .call({})
          .catch(() => {})
    }
    await fleet.clock.advanceAsync(10)
    expect(fleet.circuits).toEqual(Array(10).fill('open'))
    expect(fleet.reached).toBe(10 + 2 * 19)
    expect(await fleet.callEach()).toEqual(Array(10).fill('circuit-open'))
    const told = fleet.events.filter(({ type }) => type === 'circuitOpened')
    expect(told.map((event) => 'why' in event && event.why.split(' (')[0])).toEqual([
      'failure ratio 1 of 20 calls in 10 s',
      'failure ratio 1 of 20 calls in 10 s',
      ...Array(8).fill('open at 2 peers'),
    ])
  })

  test('without a quorum each finds out alone, as it does where the board is silent', async () => {
    for (const quorum of [false, 2] as const) {
      const fleet = new Fleet(10, { orders: { circuitBreaker: { per: 'service', quorum } } })
      fleet.status = 500
      if (quorum === 2) fleet.board.interrupt()
      for (let i = 0; i < 19; i++) await fleet.callEach()
      expect(fleet.circuits).toEqual(Array(10).fill('closed'))
      await fleet.callEach()
      expect(fleet.circuits).toEqual(Array(10).fill('open'))
      expect(fleet.reached).toBe(200)
    }
  })

  test('those whose own network is bad take the target from nobody', async () => {
    const fleet = new Fleet(10, { orders: breaker })
    const cutOff = new Set(fleet.runtimes.slice(0, 4))
    for (const runtime of cutOff) {
      fleet.status = 503
      for (let i = 0; i < 20; i++)
        runtime
          .client('orders')
          .call({})
          .catch(() => {})
    }
    await fleet.clock.advanceAsync(10)
    fleet.status = 200
    for (let i = 0; i < 3; i++) await fleet.callEach()
    // One failure among their successes is no reason for the others, however many circuits are open elsewhere.
    fleet.status = 500
    await fleet.callEach()
    expect(fleet.circuits).toEqual([...Array(4).fill('open'), ...Array(6).fill('closed')])
  })

  test('peers are the instances of one caller that call the same, each method by its own policy', async () => {
    const own = { circuitBreaker: { per: 'service', quorum: 1, openFor: '7s' } }
    const targets = { orders: breaker, 'orders/GET /own': own }
    const fleet = new Fleet(2, targets)
    const stranger = fleet.start(documentOf(targets), 'batch')
    fleet.status = 500
    const [one] = fleet.runtimes as [Runtime]
    await fleet.callEach('GET /own')
    await fleet.callEach()
    for (let i = 0; i < 20; i++) {
      one
        .client('orders')
        .call({ method: 'GET /own' })
        .catch(() => {})
    }
    await fleet.clock.advanceAsync(10)
    expect(await fleet.callEach('GET /own')).toEqual(['circuit-open', 'circuit-open', 'failed'])
    expect(stranger.breaker('orders').value).toBe('closed')
    expect(fleet.circuits).toEqual(['closed', 'closed', 'closed'])
  })

  /** As many failures as one instance needs to find out. */
  async function findOut(fleet: Fleet, runtime: Runtime | undefined, method: string): Promise<void> {
    for (let i = 0; i < 20; i++) {
      runtime
        ?.client('orders')
        .call({ method })
        .catch(() => {})
    }
    await fleet.clock.advanceAsync(10)
  }

  // It was named by the method's whole policy: while a rollout lasted, and after it for those that had been updated rather
  // than started, instances whose policies differed in a timeout were apart.
  test('a method’s circuit is known by its own layer, whatever else its policies say', async () => {
    const own = { circuitBreaker: { per: 'service', quorum: 1, openFor: '7s' } }
    const fleet = new Fleet(1, { 'orders/GET /own': { ...own, timeout: '1s' } })
    const [one] = fleet.runtimes as [Runtime]
    fleet.start(documentOf({ 'orders/GET /own': { ...own, timeout: '2s' } }))
    fleet.status = 500
    await fleet.callEach('GET /own')
    one.applyPolicies(documentOf({ 'orders/GET /own': { ...own, timeout: '3s' } }))
    await fleet.callEach('GET /own')
    await findOut(fleet, one, 'GET /own')
    expect(await fleet.callEach('GET /own')).toEqual(['circuit-open', 'circuit-open'])
  })

  test('a method’s layer that changes is known by what it says now', async () => {
    const own = (openFor: string) => ({
      'orders/GET /own': { circuitBreaker: { per: 'service', quorum: 1, openFor } },
    })
    const fleet = new Fleet(2, own('7s'))
    const [one, two] = fleet.runtimes as [Runtime, Runtime]
    fleet.status = 500
    await fleet.callEach('GET /own')
    one.applyPolicies(documentOf(own('8s')))
    await findOut(fleet, one, 'GET /own')
    expect(await fleet.callEach('GET /own')).toEqual(['circuit-open', 'failed'])
    two.applyPolicies(documentOf(own('8s')))
    await fleet.callEach('GET /own')
    await fleet.clock.advanceAsync(10_000)
    await findOut(fleet, one, 'GET /own')
    await fleet.callEach('GET /own')
    expect(await fleet.callEach('GET /own')).toEqual(['circuit-open', 'circuit-open'])
  })

  test('two methods with one layer have one circuit', async () => {
    const own = { circuitBreaker: { per: 'service', quorum: 1, openFor: '7s' } }
    const targets = { 'orders/GET /a': { ...own, timeout: '1s' }, 'orders/GET /b': { ...own, timeout: '2s' } }
    const fleet = new Fleet(1, targets)
    fleet.status = 500
    await findOut(fleet, fleet.runtimes[0], 'GET /a')
    expect(await fleet.callEach('GET /b')).toEqual(['circuit-open'])
  })

  test('one in shadow says nothing to those that act', async () => {
    const fleet = new Fleet(1, { orders: { ...breaker, mode: 'shadow' } })
    fleet.start(documentOf({ orders: { circuitBreaker: { per: 'service', quorum: 1 } } }))
    fleet.status = 500
    await findOut(fleet, fleet.runtimes[0], 'GET /')
    for (let i = 0; i < 3; i++) await fleet.callEach()
    expect(fleet.circuits).toEqual(['open', 'closed'])
  })

  test('a policy that changes joins, stays or leaves, and loses nothing it has learnt', async () => {
    const fleet = new Fleet(3, { orders: { circuitBreaker: { per: 'service' } } })
    fleet.status = 500
    for (let i = 0; i < 2; i++) await fleet.callEach()
    const shared = documentOf({ orders: { circuitBreaker: { per: 'service', quorum: 1 } } })
    for (const runtime of fleet.runtimes) runtime.applyPolicies(shared)
    const [one, two, three] = fleet.runtimes as [Runtime, Runtime, Runtime]
    three.applyPolicies(documentOf({ orders: { circuitBreaker: { per: 'service' } } }))
    await two
      .client('orders')
      .call({})
      .catch(() => {})
    for (let i = 0; i < 18; i++)
      one
        .client('orders')
        .call({})
        .catch(() => {})
    await fleet.clock.advanceAsync(10)
    await fleet.callEach()
    expect(fleet.circuits).toEqual(['open', 'open', 'closed'])
  })

  test('a runtime that closes takes its verdict with it, and leaves no timer', async () => {
    const fleet = new Fleet(2, { orders: { circuitBreaker: { per: 'service', quorum: 1 } } })
    fleet.status = 500
    const [one, two] = fleet.runtimes as [Runtime, Runtime]
    for (let i = 0; i < 20; i++)
      one
        .client('orders')
        .call({})
        .catch(() => {})
    // They share the registry, which closes with the first.
    two.endpoints('orders')
    await fleet.clock.advanceAsync(10)
    void one.close()
    await fleet.clock.advanceAsync(10)
    await two
      .client('orders')
      .call({})
      .catch(() => {})
    expect(two.breaker('orders').value).toBe('closed')
    void two.close()
    await fleet.clock.advanceAsync(10)
    expect(fleet.clock.pending).toBe(0)
  })

  test('a function’s policy is shared by its name, one kept apart by key is not', async () => {
    const fleet = new Fleet(2, {})
    const [one, two] = fleet.runtimes.map((runtime) =>
      runtime.policy({ name: 'orders', circuitBreaker: { quorum: 1 } }),
    ) as [ReturnType<Runtime['policy']>, ReturnType<Runtime['policy']>]
    const fail = (): Promise<never> => Promise.reject(new Error('down'))
    for (const key of [undefined, 'eu']) {
      const options = key === undefined ? {} : { key }
      for (let i = 0; i < 20; i++) one.execute(fail, options).catch(() => {})
      await fleet.clock.advanceAsync(10)
      two.execute(fail, options).catch(() => {})
      await fleet.clock.advanceAsync(10)
    }
    expect([two.state.value.breaker, two.for('eu').state.value.breaker]).toEqual(['open', 'closed'])
  })

  test('only the circuit of a service can be shared', () => {
    expect(() => documentOf({ orders: { circuitBreaker: { per: 'endpoint', quorum: 2 } } })).toThrow(/quorum.*per/)
    expect(() => documentOf({ orders: { circuitBreaker: { quorum: 0 } } })).toThrow(/quorum: 0 is not allowed/)
  })
})

// resilience4j/resilience4j#350, #1706, #1388: a limit of 100 a second on each of ten instances is one of 1,000, and a tenth
// of it on each is too little for the one that needs more.
describe('21. a rate that instances share', () => {
  /** Calls by each instance at its own rate for so long; how many reached the target in the last `seconds - 3`. */
  async function perSecond(fleet: Fleet, demands: readonly number[], seconds: number): Promise<number> {
    let before = 0
    for (let ms = 0; ms < seconds * 1000; ms += 5) {
      if (ms === 3000) before = fleet.reached
      for (const [at, demand] of demands.entries()) {
        const due = Math.floor(((ms + 5) * demand) / 1000) - Math.floor((ms * demand) / 1000)
        for (let i = 0; i < due; i++) {
          fleet.runtimes[at]
            ?.client('orders')
            .call({})
            .catch(() => {})
        }
      }
      await fleet.clock.advanceAsync(5)
    }
    return (fleet.reached - before) / (seconds - 3)
  }

  test('goes to those who need it, and is never exceeded by more than a tenth', async () => {
    const fleet = new Fleet(4, { orders: { rateLimit: { rate: 40, shared: true } } })
    const even = await perSecond(fleet, [60, 60, 60, 60], 8)
    const uneven = await perSecond(fleet, [1, 2, 2, 200], 8)
    for (const reached of [even, uneven]) {
      expect(reached).toBeGreaterThan(0.95 * 40)
      expect(reached).toBeLessThan(1.1 * 40)
    }
  }, 30_000)

  test('is each one’s own without a board, and divided by those last known where the board falls silent', async () => {
    const targets = { orders: { rateLimit: { rate: 40, shared: true } } }
    const fleet = new Fleet(2, targets)
    await perSecond(fleet, [60, 60], 5)
    fleet.board.interrupt()
    const silent = await perSecond(fleet, [60, 60], 20)
    expect(silent).toBeGreaterThan(0.95 * 40)
    expect(silent).toBeLessThan(1.1 * 40)
  }, 30_000)

  test('is shared by what a service admits, too', async () => {
    const shared = memoryBoard()
    const policies = {
      version: 1,
      inbound: { orders: { rateLimit: { rate: 100, shared: true } } },
    }
    const start = (modules: ContainerModule[]): Promise<Runtime> =>
      createRuntime({ service: 'orders', policies, modules })
    await using one = await start([shared])
    await using two = await start([shared])
    const admitted = [one, two].map((runtime) => {
      const { admission } = runtime.serve({ name: 'orders' })
      let count = 0
      const sink = { admit: () => void count++, refuse: () => {} }
      for (let i = 0; i < 50; i++) admission.enter(Number.POSITIVE_INFINITY, sink)
      return count
    })
    expect(admitted).toEqual([1, 1])
  })

  test('is not kept by key', () => {
    const rateLimit = { rate: 40, shared: true, by: 'key' }
    expect(() => documentOf({ orders: { rateLimit } })).toThrow(/shared: not with by: key/)
    let thrown: unknown
    try {
      documentOf({ orders: { rateLimit } })
    } catch (error) {
      thrown = error
    }
    expect(isConfigError(thrown)).toBe(true)
  })
})
