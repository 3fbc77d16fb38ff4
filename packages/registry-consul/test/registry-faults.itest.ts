// What is done to a real agent, and what those who watch and register may see of it. `3c N` are defects that other
// clients have: their numbers in the list of defects, each with the issue it is told in.
import { Registrar } from '@seakeep/core/spi'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import {
  describeReal,
  freePort,
  type RealServer,
  startConsul,
  startConsulCluster,
  startTcpProxy,
  type TcpProxy,
} from '../../../tools/real-servers/index.ts'
import type { ConsulOptions } from '../src/consul-options.ts'
import type { ConsulRegistry } from '../src/consul-registry.ts'
import {
  answerOf,
  eventually,
  instance,
  Listener,
  operate,
  register,
  registryAt,
  seen,
  sleep,
  testPorts,
} from './agent.ts'

const open: ConsulRegistry[] = []
const client = (options: ConsulOptions, ports = testPorts()): ConsulRegistry => {
  const registry = registryAt({ goodbye: '100ms', ...options }, ports)
  open.push(registry)
  return registry
}
const listen = (registry: ConsulRegistry, service = 'orders'): Listener => {
  const listener = new Listener()
  registry.watch(service, listener)
  return listener
}
afterEach(() => {
  for (const registry of open.splice(0)) registry.close()
})

describeReal('consul', 'goodbyes, leases and judging, at a real agent', () => {
  let agent: RealServer
  beforeAll(async () => {
    agent = await startConsul({ dev: true })
  })
  afterAll(() => agent[Symbol.asyncDispose]())

  it('tells who said goodbye from who only ran out of its lease', async () => {
    const registry = client({ address: agent.address })
    const listener = listen(registry)
    await register(registry, instance('leaves'))
    await register(registry, instance('dies'), 1000)
    await register(registry, instance('stays'))
    await seen(() => listener.has('dies', 'leaves', 'stays'))
    await answerOf((done) => registry.deregister(instance('leaves'), done))
    await seen(() => listener.has('dies', 'stays') || listener.has('stays'))
    const goodbyes = new Set(listener.lists.flatMap(({ left }) => left))
    await seen(() => listener.has('stays'))
    expect([...goodbyes]).toEqual(['leaves'])
    expect(listener.lists.at(-1)?.left).toEqual([])
  })

  it('takes maintenance mode for a goodbye, and its end for a return', async () => {
    const registry = client({ address: agent.address })
    const listener = listen(registry, 'mail')
    await register(registry, instance('m', { service: 'mail' }))
    await seen(() => listener.has('m'))
    await operate(agent.address, 'PUT', '/agent/service/maintenance/mail:m?enable=true')
    await seen(() => listener.has())
    expect(listener.lists.at(-1)?.left).toEqual(['m'])
    await operate(agent.address, 'PUT', '/agent/service/maintenance/mail:m?enable=false')
    await seen(() => listener.has('m'))
  })

  it('marks before it takes out, so that other clients of Consul do not see it either', async () => {
    const registry = client({ address: agent.address, goodbye: '600ms' })
    await register(registry, instance('g', { service: 'gate' }))
    const done = answerOf((told) => registry.deregister(instance('g', { service: 'gate' }), told))
    await sleep(200)
    expect(await operate(agent.address, 'GET', '/health/service/gate?passing=true')).toEqual([])
    expect((await operate(agent.address, 'GET', '/health/service/gate')).length).toBe(1)
    expect(await done).toBe(undefined)
    expect(await operate(agent.address, 'GET', '/health/service/gate')).toEqual([])
  })

  it('says goodbye also where somebody has taken its check away', async () => {
    const registry = client({ address: agent.address, goodbye: '300ms' })
    const listener = listen(registry, 'bare')
    const one = instance('g', { service: 'bare' })
    await register(registry, one)
    await seen(() => listener.has('g'))
    await operate(agent.address, 'PUT', '/agent/check/deregister/service:bare:g')
    expect(await answerOf((told) => registry.deregister(one, told))).toBe(undefined)
    await seen(() => listener.has())
    expect(listener.lists.flatMap(({ left }) => left)).toEqual(['g'])
    expect(await operate(agent.address, 'GET', '/health/service/bare')).toEqual([])
  })

  it('takes out at once what is leaving when it is closed', async () => {
    const registry = client({ address: agent.address, goodbye: '30s' })
    await register(registry, instance('g', { service: 'hasty' }))
    registry.deregister(instance('g', { service: 'hasty' }), () => {})
    await sleep(200)
    registry.close()
    await sleep(300)
    expect(await operate(agent.address, 'GET', '/health/service/hasty')).toEqual([])
  })

  it('does not take out who came back while it was leaving', async () => {
    const registry = client({ address: agent.address, goodbye: '300ms' })
    const one = instance('g', { service: 'back' })
    await register(registry, one)
    const left = answerOf((told) => registry.deregister(one, told))
    await sleep(100)
    await register(registry, one)
    expect(await left).toBe(undefined)
    await sleep(500)
    expect((await operate(agent.address, 'GET', '/health/service/back?passing=true')).length).toBe(1)
  })

  it('keeps every instance exactly as it is, also where Consul has no room for it', async () => {
    const registry = client({ address: agent.address, tags: ['blue'] })
    const listener = listen(registry, 'odd')
    const odd = [
      instance('a/b %2F//..#1', { service: 'odd', weight: 0, zone: '', version: '1.2+x' }),
      instance('b', { service: 'odd', weight: 2.5, protocol: 'grpc', meta: { __proto__x: '', note: 'ä=b' } }),
      instance('c', { service: 'odd', weight: 1e9, address: { host: '::1', port: 65535 } }),
    ]
    for (const one of odd) await register(registry, one)
    await seen(() => listener.ids?.length === 3)
    for (const one of odd) expect(listener.instancesNow.find(({ id }) => id === one.id)).toEqual(one)
    const [first] = await operate(agent.address, 'GET', '/health/service/odd?near=_agent')
    expect(first.Service.Tags).toContain('blue')
    for (const one of odd) expect(await answerOf((done) => registry.heartbeat(one, 1000, done))).toBe(undefined)
    for (const one of odd) expect(await answerOf((done) => registry.deregister(one, done))).toBe(undefined)
    await seen(() => listener.has())
  })

  it('names the field of an instance that Consul would not keep', async () => {
    const registry = client({ address: agent.address })
    const error = await answerOf((done) => registry.register(instance('x', { meta: { 'a.b': '1' } }), 1000, done))
    expect(error).toMatchObject({ code: 'SEAKEEP_CONFIG', path: 'instance.meta.a.b' })
  })

  it('lists what others have registered', async () => {
    const body = {
      Name: 'redis',
      Port: 6379,
      Tags: ['version=7'],
      Meta: { zone: 'z', x: '1' },
      Weights: { Passing: 4 },
    }
    await operate(agent.address, 'PUT', '/agent/service/register', body)
    const listener = listen(client({ address: agent.address, protocol: 'resp' }), 'redis')
    await seen(() => listener.ids !== undefined)
    expect(listener.instancesNow).toEqual([
      {
        id: 'n1/redis',
        service: 'redis',
        address: { host: '127.0.0.1', port: 6379 },
        protocol: 'resp',
        weight: 4,
        zone: 'z',
        version: '7',
        meta: { zone: 'z', x: '1' },
      },
    ])
  })

  // moleculerjs/moleculer#891: heartbeats of a process that was busy came late, and its node was gone for good.
  it('3c 30: a heartbeat after the lease ran out brings the instance back, and says so', async () => {
    const registry = client({ address: agent.address })
    const busy = instance('busy', { service: 'busy' })
    const listener = listen(registry, 'busy')
    await register(registry, busy, 1000)
    await seen(() => listener.has('busy'))
    const untilMs = performance.now() + 1500
    while (performance.now() < untilMs) {}
    await seen(() => listener.has())
    expect((await answerOf((done) => registry.heartbeat(busy, 1000, done)))?.isLost).toBe(true)
    await seen(() => listener.has('busy'))
    expect(await answerOf((done) => registry.heartbeat(busy, 1000, done))).toBe(undefined)
  })

  it('3c 30: an event loop that is busy for less than the lease loses nothing', async () => {
    const ports = testPorts()
    const registry = client({ address: agent.address }, ports)
    const busy = instance('calm', { service: 'calm' })
    const listener = listen(registry, 'calm')
    const registrar = new Registrar(busy, registry, ports, { ttlMs: 3000 })
    registrar.start()
    await seen(() => listener.has('calm') && ports.told.length === 1)
    for (let i = 0; i < 3; i++) {
      const untilMs = performance.now() + 1200
      while (performance.now() < untilMs) {}
      await sleep(50)
    }
    expect(listener.lists.map(({ ids }) => ids)).toEqual([['calm']])
    await new Promise<void>((resolve) => registrar.close(resolve))
    expect(ports.told.map(({ type }) => type)).toEqual(['instanceRegistered', 'instanceDeregistered'])
  })

  // go-kratos/kratos#3310: the end of the last instance was never told.
  it('3c 29: the last instance that goes is told, by goodbye, by lease and by force', async () => {
    const registry = client({ address: agent.address })
    for (const [how, left] of [
      ['goodbye', ['last']],
      ['lease', []],
      ['force', []],
    ] as const) {
      const last = instance('last', { service: `last-${how}` })
      const listener = listen(registry, last.service)
      await register(registry, last, 1000)
      await seen(() => listener.has('last'))
      if (how === 'goodbye') registry.deregister(last, () => {})
      if (how === 'force') await operate(agent.address, 'PUT', `/agent/service/deregister/${last.service}:last`)
      await seen(() => listener.has())
      expect([how, listener.lists.at(-1)?.left]).toEqual([how, left])
    }
  })
})

describeReal('consul', 'faults of a real agent', () => {
  let agent: RealServer
  let proxy: TcpProxy
  let address: string
  beforeAll(async () => {
    agent = await startConsul()
    proxy = await startTcpProxy(agent)
    address = `http://${proxy.address}`
  })
  afterAll(async () => {
    await proxy[Symbol.asyncDispose]()
    await agent[Symbol.asyncDispose]()
  })

  it('outlives a restart of the agent: the list stands, and the next change is seen', async () => {
    const registry = client({ address })
    const listener = listen(registry)
    await register(registry, instance('a'))
    await seen(() => listener.has('a'))
    await agent.restart()
    await register(registry, instance('b'))
    await seen(() => listener.has('a', 'b'))
    expect(listener.errors.length).toBeGreaterThan(0)
    expect(listener.lists.every(({ ids }) => ids.includes('a'))).toBe(true)
  })

  // npm consul's Watch keeps its index over errors: it blocked for its whole wait at a server that counted anew.
  it('3c 28: sees changes at once after the agent came back with an empty disk and a smaller index', async () => {
    const registry = client({ address, wait: '10m' })
    const listener = listen(registry)
    await register(registry, instance('a'))
    for (let i = 0; i < 30; i++) await operate(agent.address, 'PUT', `/kv/bump/${i}`, 'x')
    await register(registry, instance('b'))
    await seen(() => listener.has('a', 'b') && listener.errors.length === 0)
    await agent.restart({ fresh: true })
    await seen(() => listener.has())
    // Forgotten by the agent: nobody of them has said goodbye.
    expect(listener.lists.at(-1)?.left).toEqual([])
    await register(registry, instance('c'))
    expect(await seen(() => listener.has('c'))).toBeLessThan(1000)
  })

  // go-kratos/kratos#3464, zeromicro/go-zero#4201: a registration that was lost stayed lost.
  it('3c 24: an instance that the agent forgot is registered anew, and the loss is told', async () => {
    const ports = testPorts()
    const registry = client({ address }, ports)
    const registrar = new Registrar(instance('r'), registry, ports, { ttlMs: 3000 })
    registrar.start()
    const listener = listen(client({ address }))
    await seen(() => listener.ids?.includes('r') === true)
    await agent.restart({ fresh: true })
    await seen(() => ports.told.filter(({ type }) => type === 'instanceRegistered').length === 2, 15_000)
    expect(ports.told.some(({ type }) => type === 'registrationLost' || type === 'registrationFailed')).toBe(true)
    await seen(() => listener.ids?.includes('r') === true)
    await new Promise<void>((resolve) => registrar.close(resolve))
  })

  it('sees what changed while the agent was frozen, as soon as it goes on', async () => {
    const registry = client({ address })
    const listener = listen(registry)
    await register(registry, instance('a'))
    await seen(() => listener.ids?.includes('a') === true)
    agent.pause()
    const written = register(registry, instance('frozen')).catch(() => register(registry, instance('frozen')))
    await sleep(1500)
    agent.resume()
    expect(await seen(() => listener.ids?.includes('frozen') === true)).toBeLessThan(2000)
    await written
    expect(listener.lists.at(-1)?.ids).toContain('a')
  })

  it('asks again at once when its connections are cut', async () => {
    const registry = client({ address })
    const listener = listen(registry)
    await register(registry, instance('cut-1'))
    await seen(() => listener.ids?.includes('cut-1') === true)
    proxy.cut()
    await operate(agent.address, 'PUT', '/agent/service/register', { ID: 'x', Name: 'orders', Port: 1 })
    expect(await seen(() => listener.ids?.includes('n1/x') === true)).toBeLessThan(2000)
    await operate(agent.address, 'PUT', '/agent/service/deregister/x')
  })

  it('finds out a black hole by its own timeout, keeps the list, and comes back when it is gone', async () => {
    const registry = client({ address, wait: '1s', timeout: '500ms' })
    const listener = listen(registry)
    await register(registry, instance('hole'))
    await seen(() => listener.ids?.includes('hole') === true)
    const lists = listener.lists.length
    proxy.swallow()
    await seen(() => listener.errors.length > 0, 5000)
    expect(String(listener.errors[0])).toMatch(/no answer to GET \/v1\/health\/service\/orders in 3063 ms/)
    expect((await answerOf((done) => registry.heartbeat(instance('hole'), 1000, done)))?.isLost).not.toBe(true)
    expect(listener.lists.length).toBe(lists)
    proxy.heal()
    await eventually(() => register(registry, instance('hole-2')))
    await seen(() => listener.ids?.includes('hole-2') === true)
  })

  it('says it once when nobody answers, and goes on asking', async () => {
    const nobody = { address: `http://127.0.0.1:${await freePort()}` }
    const listener = listen(client(nobody))
    await sleep(1500)
    expect(listener.errors.length).toBe(1)
    expect(listener.unknowns).toBe(0)
  })
})

describeReal('consul', 'a cluster without a quorum', () => {
  it('keeps the list, says that there is no leader once, and goes on when there is one', async () => {
    await using cluster = await startConsulCluster(3)
    const leader = await cluster.leader()
    const [one, ...others] = [...cluster.members].sort((a) => (a === leader ? 1 : -1)) as [RealServer, RealServer]
    const registry = client({ address: one.address, wait: '1s' })
    const listener = listen(registry)
    await register(registry, instance('a'))
    await seen(() => listener.has('a'))
    for (const other of others) other.pause()
    await seen(() => listener.errors.length > 0, 20_000)
    await sleep(1000)
    expect(listener.errors.map(({ name }) => name)).toEqual(['NoLeaderError'])
    // Who asks now for the first time is told what there was.
    const late = listen(client({ address: one.address }))
    await seen(() => late.has('a') && late.errors.length === 1)
    for (const other of others) other.resume()
    await eventually(() => register(registry, instance('b')), 20_000)
    await seen(() => listener.has('a', 'b'), 10_000)
    expect(listener.lists.every(({ ids }) => ids.includes('a'))).toBe(true)
  })
})

describeReal('consul', 'access control of a real agent', () => {
  let agent: RealServer
  const ROOT = 'b1gs33cr3t-0000-0000-0000-000000000000'
  const CONFIG = {
    acl: { enabled: true, default_policy: 'deny', tokens: { master: ROOT }, token_ttl: '100ms', down_policy: 'deny' },
  }
  const tokenFor = async (rules: string): Promise<string> => {
    const name = `p${Math.random().toString(36).slice(2)}`
    await operate(agent.address, 'PUT', '/acl/policy', { Name: name, Rules: rules }, ROOT)
    const made = await operate(agent.address, 'PUT', '/acl/token', { Policies: [{ Name: name }] }, ROOT)
    return made.SecretID
  }
  const RULES = 'service_prefix "" { policy = "write" } node_prefix "" { policy = "read" }'
  beforeAll(async () => {
    agent = await startConsul({ dev: true, config: CONFIG })
    await eventually(() => operate(agent.address, 'GET', '/acl/tokens', undefined, ROOT))
  })
  afterAll(() => agent[Symbol.asyncDispose]())

  it('needs write on the service and read on the nodes, and no more', async () => {
    const registry = client({ address: agent.address, token: await tokenFor(RULES) })
    const listener = listen(registry)
    await register(registry, instance('a'))
    await seen(() => listener.has('a'))
    expect(await answerOf((done) => registry.heartbeat(instance('a'), 1000, done))).toBe(undefined)
    expect(await answerOf((done) => registry.deregister(instance('a'), done))).toBe(undefined)
  })

  it('3c 29: an empty answer to an anonymous client empties no list on its own word', async () => {
    let token = await tokenFor(RULES)
    const registry = client({ address: agent.address, token: () => token, wait: '1s' })
    const listener = listen(registry)
    await register(registry, instance('a'))
    await seen(() => listener.has('a'))
    token = ''
    // The wait runs out, and what is answered then under the same index is no news.
    await sleep(1500)
    expect(listener.lists.length).toBe(1)
    const other = { ID: 'o', Name: 'orders', Port: 1 }
    await operate(agent.address, 'PUT', '/agent/service/register', other, ROOT)
    await seen(() => listener.has())
    expect(listener.lists.at(-1)).toEqual({ ids: [], left: [] })
    // Who has never known better is told that the service is unknown, so that another registry may know it.
    const stranger = listen(client({ address: agent.address }))
    await seen(() => stranger.unknowns > 0)
    expect(stranger.lists).toEqual([])
  })

  it('tells that its token is no longer known, keeps the list, and recovers with the next one', async () => {
    let token = await tokenFor(RULES)
    const registry = client({ address: agent.address, token: () => token, wait: '1s' })
    const listener = listen(registry)
    await register(registry, instance('t'))
    await seen(() => listener.ids?.includes('t') === true)
    const { AccessorID } = await operate(agent.address, 'GET', '/acl/token/self', undefined, token)
    await operate(agent.address, 'DELETE', `/acl/token/${AccessorID}`, undefined, ROOT)
    await seen(() => listener.errors.length > 0, 5000)
    expect(listener.errors[0]).toMatchObject({ name: 'ConsulError', status: 403, reason: 'ACL not found' })
    expect(await answerOf((done) => registry.heartbeat(instance('t'), 1000, done))).toMatchObject({ status: 403 })
    expect(listener.ids).toContain('t')
    token = await tokenFor(RULES)
    await register(registry, instance('u'))
    await seen(() => listener.ids?.includes('u') === true, 5000)
    expect(listener.lists.every(({ ids }) => ids.includes('t') || ids.includes('a') || ids.length === 0)).toBe(true)
  })
})
