// Documents that change under a runtime: what is touched, what is kept, and what is told.
import { ContainerModule } from 'inversify'
import { describe, expect, it } from 'vitest'
import { createRuntime, type GovernanceEvent } from '../src/index.ts'
import { isPolicyConflictError, type PolicySource, parsePolicyText, Tokens } from '../src/spi.ts'
import { ManualClock, memoryPolicyStore, SeededRandom } from '../src/testing/index.ts'
import { answering, Bench } from './bench.ts'

const document = (text: string) => parsePolicyText(`version: 1\n${text}`, 'test')

describe('another document', () => {
  it('touches only the targets of which it says something else, and says which', async () => {
    const bench = new Bench({
      orders: { timeout: '1s', circuitBreaker: { minimumCalls: 2 } },
      stock: { timeout: '1s' },
    })
    bench.up('a')
    await bench.callOnce()
    bench.runtime.endpoints('stock')
    const breaker = bench.runtime.breaker('orders')
    const applied = () => bench.events.filter(({ type }) => type === 'policyApplied')
    const text = (stock: string) =>
      document(
        `targets: { orders: { timeout: 1000, circuitBreaker: { minimumCalls: 2 } }, stock: { timeout: ${stock} } }`,
      )
    bench.runtime.applyPolicies(text('2s'))
    bench.runtime.applyPolicies(text('2s'))
    bench.runtime.applyPolicies(undefined)
    expect(applied()).toMatchObject([
      { name: 'web', targets: ['stock'], hash: text('2s').hash },
      { targets: [] },
      { targets: ['orders', 'stock'], hash: undefined },
    ])
    expect(() => bench.runtime.breaker('orders')).toThrow('no circuit breaker is kept for orders')
    expect(breaker.value).toBe('closed')
    expect(bench.runtime.policies.value).toMatchObject({ hash: undefined, source: undefined })
  })

  it('that says the same governs methods that are called later, and methods count where they counted', async () => {
    const bench = new Bench({
      orders: { timeout: '1s', rateLimit: { rate: 1, burst: 3 } },
      'orders/GET /x': { timeout: '2s' },
    })
    bench.up('a')
    const status = async (method: string) => {
      const call = await bench.callOnce(0, { method })
      return call.error === undefined ? 'ok' : (call.failure.reason as string)
    }
    expect([await status('GET /x'), await status('GET /y')]).toEqual(['ok', 'ok'])
    const same = document(`targets:
  stock: { timeout: 5s }
  orders: { timeout: 1s, rateLimit: { rate: 1, burst: 3 } }
  orders/GET /x: { timeout: 2s }
  orders/GET /z: { rateLimit: { rate: 1, burst: 1 } }`)
    bench.runtime.applyPolicies(same)
    expect(bench.events.at(-1)).toMatchObject({ type: 'policyApplied', targets: [] })
    // One token of the service is left, whichever method takes it; the new method has its own.
    expect([await status('GET /y'), await status('GET /x'), await status('GET /w')]).toEqual([
      'ok',
      'rate-limited',
      'rate-limited',
    ])
    expect([await status('GET /z'), await status('GET /z')]).toEqual(['ok', 'rate-limited'])
  })

  it('whose targets do not fit together for what was called changes nothing at all', async () => {
    const bench = new Bench({ orders: { timeout: '1s' }, 'a.b.com': { timeout: '1s' } })
    bench.up('a', answering(200, 1500))
    bench.runtime.endpoints('a.b.com')
    // Two globs overlap and neither holds an example of the other, so nobody sees it before that host is called.
    const twisted = document(`targets:
  orders: { timeout: 2s }
  a.*: { retry: { backoff: { initial: 5s } } }
  "*.com": { retry: { backoff: { max: 1s } } }`)
    const before = bench.runtime.policies.value
    expect(() => bench.runtime.applyPolicies(twisted)).toThrow('at least')
    expect(bench.runtime.policies.value).toBe(before)
    const call = await bench.callOnce(3000)
    expect(call.failure.code).toBe('SEAKEEP_DEADLINE_EXCEEDED')
  })

  it('is the standard of policies of which only the name is given, with what they counted', async () => {
    const bench = new Bench({})
    const fail = () => Promise.reject(new Error('down'))
    const policy = bench.runtime.policy('quotes')
    const own = bench.runtime.policy({ name: 'own', circuitBreaker: { minimumCalls: 20 } })
    for (let i = 0; i < 3; i++) await policy.execute(fail, { idempotent: false }).catch(() => {})
    const standard = (calls: number) =>
      document(`policies: { standard: { circuitBreaker: { minimumCalls: ${calls} }, retry: false } }`)
    bench.runtime.applyPolicies(standard(4))
    expect(policy.state.value.breaker).toBe('closed')
    await policy.execute(fail, { idempotent: false }).catch(() => {})
    expect([policy.state.value.breaker, own.state.value.breaker]).toEqual(['open', 'closed'])
    expect(bench.runtime.policy('quotes')).toBe(policy)
    const told = bench.events.flatMap((event) => (event.type === 'policyApplied' ? [event.name] : []))
    expect(told).toEqual(['quotes', 'web'])
    bench.runtime.applyPolicies(standard(4))
    expect(bench.typesOfEvents()).not.toContain('policyConflicted')
  })

  it('changes what is served, but not where limits were given in code', () => {
    const bench = new Bench({})
    const [orders, fixed] = [
      bench.runtime.serve({ name: 'orders' }),
      bench.runtime.serve({ name: 'fixed', limits: { rateLimit: { rate: 1, burst: 1 } } }),
    ]
    const enters = (served: typeof orders): boolean => {
      const admitted: true[] = []
      served.admission.enter(Number.POSITIVE_INFINITY, { admit: () => void admitted.push(true), refuse: () => {} })
      return admitted.length > 0
    }
    const inbound = (mode: string) =>
      document(`inbound: { orders: { mode: ${mode}, rateLimit: { rate: 1 } }, fixed: { rateLimit: { rate: 9 } } }`)
    bench.runtime.applyPolicies(inbound('enforce'))
    expect([enters(orders), enters(orders), enters(fixed), enters(fixed)]).toEqual([true, false, true, false])
    bench.runtime.applyPolicies(inbound('shadow'))
    expect([enters(orders), enters(orders), enters(fixed)]).toEqual([true, true, false])
    expect([orders.shadow.value, fixed.shadow.value]).toEqual([{ 'rate-limited': 2 }, {}])
    bench.runtime.applyPolicies(document(''))
    expect([enters(orders), enters(fixed)]).toEqual([true, false])
    const told = bench.events.flatMap((event) => (event.type === 'policyApplied' ? [event.inbound] : []))
    expect(told).toEqual([['orders'], ['orders'], ['orders']])
  })
})

describe('a runtime that follows a store', () => {
  const good = (openFor: string) => `version: 1
targets:
  orders:
    circuitBreaker: { minimumCalls: 2, openFor: ${openFor}, per: endpoint, jitter: 0 }
    loadBalancing: round-robin
    rateLimit: { rate: 1, burst: 10 }
    outlier: { consecutiveFailures: 2, maxEjected: 50% }
`

  it('under load: a bad document changes nothing but an event; a good one keeps windows, tokens and ejections', async () => {
    const bench = new Bench()
    const store = memoryPolicyStore(good('60s'))
    bench.runtime.follow(store.connect())
    bench.up('a').up('b', answering(500)).up('c')
    for (let i = 0; i < 6; i++) await bench.callOnce()
    const ejected = () => bench.runtime.health('orders').value
    const breaker = () => bench.runtime.breaker('orders', 'b').value
    const before = [ejected(), breaker(), bench.sent.length, bench.runtime.policies.value]
    expect(breaker()).toBe('open')
    expect(JSON.stringify(ejected())).toContain('ejected')

    const calls = [bench.call(), bench.call()]
    store.put(good('60s').replace('minimumCalls: 2', 'minimumCalls: 0'))
    await bench.pass(0)
    expect(calls.map(({ error }) => error)).toEqual([undefined, undefined])
    const told = bench.events.filter((event) => event.type.startsWith('policy'))
    expect(told.map(({ type }) => type)).toEqual(['policyApplied', 'policyRejected'])
    expect(told[1]).toMatchObject({ name: 'memory', revision: '2', hash: bench.runtime.policies.value.hash })
    expect([ejected(), breaker()]).toEqual(before.slice(0, 2))
    expect(bench.runtime.policies.value).toMatchObject({ revision: '1', rejected: { revision: '2' } })

    store.put(good('90s'))
    expect([ejected(), breaker()]).toEqual(before.slice(0, 2))
    expect(bench.runtime.policies.value).toMatchObject({ revision: '3', source: 'memory' })
    expect(bench.runtime.policies.value.rejected).toBe(undefined)
    // Eight of ten tokens are gone, whatever document took them.
    const last = [await bench.callOnce(), await bench.callOnce(), await bench.callOnce(), await bench.callOnce()]
    expect(last.map(({ error }) => (error as { readonly reason?: string } | undefined)?.reason)).toEqual([
      ...[undefined, undefined, 'rate-limited', 'rate-limited'],
    ])
    store.remove()
    expect(bench.runtime.policies.value).toMatchObject({ revision: '3' })
    expect(bench.typesOfEvents().at(-1)).toBe('policyRemoved')
  })

  it('no longer follows when it has closed', async () => {
    const bench = new Bench({})
    const store = memoryPolicyStore('version: 1')
    bench.runtime.follow(store.connect())
    const closed = bench.runtime.close()
    await bench.pass(0)
    await closed
    const { hash } = bench.runtime.policies.value
    store.put(good('1s'))
    bench.runtime.follow(store.connect())
    expect(bench.runtime.policies.value.hash).toBe(hash)
  })
})

describe('createRuntime with a policy source', () => {
  function made(source: PolicySource, policies?: object) {
    const clock = new ManualClock()
    const events: GovernanceEvent[] = []
    const module = new ContainerModule(async (bindings) => {
      ;(await bindings.rebind(Tokens.clock)).toConstantValue(clock)
      ;(await bindings.rebind(Tokens.random)).toConstantValue(new SeededRandom(1))
      ;(await bindings.rebind(Tokens.events)).toConstantValue({ emit: (event) => void events.push(event) })
      bindings.bind(Tokens.policySource).toConstantValue(() => source)
    })
    const runtime = createRuntime({ service: 'web', modules: [module], ...(policies && { policies }) })
    return { clock, events, runtime, types: () => events.map(({ type }) => type) }
  }
  const silent = (said?: Error): PolicySource => ({
    name: 'far away',
    watch: (sink) => {
      if (said !== undefined) sink.error(said)
      return { [Symbol.dispose]: () => {} }
    },
    close: () => {},
  })

  it('is governed by what the source holds when it is ready', async () => {
    const { runtime } = made(memoryPolicyStore('version: 1'))
    await using rt = await runtime
    expect(rt.policies.value).toMatchObject({ hash: document('').hash, source: 'memory', revision: '1' })
  })

  it('rejects where that is not valid: nobody runs ungoverned without noticing', async () => {
    const { runtime, types } = made(memoryPolicyStore('version: 2'))
    await expect(runtime).rejects.toMatchObject({
      code: 'SEAKEEP_CONFIG',
      message: expect.stringContaining('memory@1:1:1'),
    })
    expect(types()).toEqual(['policyRejected', 'runtimeClosed'])
  })

  it('runs by the document it was given where that is not valid, or nothing is said', async () => {
    const local = { version: 1, targets: { orders: { timeout: '1s' } } }
    const { runtime, types } = made(memoryPolicyStore('version: 2'), local)
    await using rt = await runtime
    expect(rt.policies.value).toMatchObject({ rejected: { revision: '1' }, source: undefined })
    expect(rt.policies.value.hash).not.toBe(undefined)
    expect(types()).toEqual(['policyRejected'])
    await using other = await made(silent(), local).runtime
    expect(other.policies.value.hash).toBe(rt.policies.value.hash)
  })

  it('waits five seconds for a source that says nothing, and goes on to follow it', async () => {
    const store = memoryPolicyStore()
    const interruption = store.interrupt()
    const { runtime, clock, types } = made(store)
    let isReady = false
    const ready = runtime.then(() => {
      isReady = true
    })
    await clock.advanceAsync(4999)
    expect(isReady).toBe(false)
    await clock.advanceAsync(1)
    await ready
    await using rt = await runtime
    expect([rt.policies.value.hash, types()]).toEqual([undefined, ['policySourceFailed']])
    store.put('version: 1')
    interruption[Symbol.dispose]()
    expect([rt.policies.value.revision, rt.policies.value.failure]).toEqual(['1', undefined])
    expect(types()).toEqual(['policySourceFailed', 'policySourceRecovered', 'policyApplied'])
  })

  it('says so where the source said nothing at all', async () => {
    const { runtime, clock, events } = made(silent())
    await clock.advanceAsync(5000)
    await using _ = await runtime
    expect(events).toMatchObject([
      { type: 'policySourceFailed', name: 'far away', error: { message: 'no word in 5000 ms' } },
    ])
  })

  it('is governed by the document it was given where the source holds none, until it does', async () => {
    const store = memoryPolicyStore()
    const { runtime } = made(store, parsePolicyText('version: 1\ninbound: {}', ''))
    await using rt = await runtime
    expect(rt.policies.value).toMatchObject({ hash: document('').hash, source: undefined })
    store.put('version: 1\ntargets: { a: { timeout: 1s } }')
    expect(rt.policies.value).toMatchObject({ source: 'memory', revision: '1' })
  })

  it('runs without a document where the source holds none, until it does', async () => {
    const store = memoryPolicyStore()
    const { runtime, types } = made(store)
    await using rt = await runtime
    expect([rt.policies.value.hash, types()]).toEqual([undefined, []])
    store.put('version: 1')
    expect(rt.policies.value.hash).toBe(document('').hash)
  })
})

it('a conflict is told apart by its code, whichever copy of the package made it', async () => {
  const store = memoryPolicyStore('version: 1')
  const entry = { hash: '0', text: 'version: 1', atMs: 0 }
  const error = await store.write(entry, '7').catch((thrown: unknown) => thrown)
  expect(isPolicyConflictError(error)).toBe(true)
  expect(error).toMatchObject({ code: 'SEAKEEP_POLICY_CONFLICT', expected: '7', found: '1' })
  expect(isPolicyConflictError(new Error('x'))).toBe(false)
})
