import { createSocket, type Socket } from 'node:dgram'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createRuntime, dnsRegistry } from '../index.ts'
import { SeededRandom } from '../random/seeded-random.ts'
import type { GovernanceEvent } from '../telemetry/events.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { Watching } from '../testing/registry-workbench.ts'
import { type DnsRegistryOptions, resolveDnsOptions } from './dns-options.ts'
import { NodeDnsRegistry } from './node-dns-registry.ts'
import { Resolver } from './resolver.ts'

const [A, SRV, AAAA] = [1, 33, 28]
const [NOERROR, SERVFAIL, NXDOMAIN, REFUSED] = [0, 2, 3, 5]

type Answer = 'silence' | { readonly code: number; readonly ttl?: number; readonly records?: readonly Buffer[] }

/** A small name server on loopback (RFC 1035 §4.1): one question a message, answers from a table. */
class NameServer {
  readonly #socket: Socket = createSocket('udp4')
  /** By `type name`; what is not there is NXDOMAIN. */
  readonly answers = new Map<string, Answer>()
  readonly asked: string[] = []

  async listen(): Promise<string> {
    this.#socket.on('message', (message, { port, address }) => {
      const end = message.indexOf(0, 12) + 5
      const labels: string[] = []
      for (let at = 12; message[at]; at += message[at]! + 1) {
        labels.push(message.toString('latin1', at + 1, at + 1 + message[at]!))
      }
      const type = message.readUInt16BE(end - 4)
      const question = `${type} ${labels.join('.').toLowerCase()}`
      this.asked.push(question)
      const answer = this.answers.get(question) ?? { code: NXDOMAIN }
      if (answer === 'silence') return
      const { code, ttl = 60, records = [] } = answer
      const head = Buffer.alloc(12)
      message.copy(head, 0, 0, 2)
      head.writeUInt16BE(0x8180 | code, 2)
      head.writeUInt16BE(1, 4)
      head.writeUInt16BE(records.length, 6)
      const parts = records.flatMap((data) => {
        const fixed = Buffer.alloc(12)
        fixed.writeUInt16BE(0xc00c, 0)
        fixed.writeUInt16BE(type, 2)
        fixed.writeUInt16BE(1, 4)
        fixed.writeUInt32BE(ttl, 6)
        fixed.writeUInt16BE(data.length, 10)
        return [fixed, data]
      })
      this.#socket.send(Buffer.concat([head, message.subarray(12, end), ...parts]), port, address)
    })
    await new Promise<void>((listening) => this.#socket.bind(0, '127.0.0.1', listening))
    return `127.0.0.1:${this.#socket.address().port}`
  }

  a(name: string, ttl: number, ...addresses: string[]): void {
    const records = addresses.map((address) => Buffer.from(address.split('.').map(Number)))
    this.answers.set(`${A} ${name}`, { code: NOERROR, ttl, records })
  }
  aaaa(name: string, ...addresses: string[]): void {
    const records = addresses.map((last) => Buffer.concat([Buffer.alloc(15), Buffer.from([Number(last)])]))
    this.answers.set(`${AAAA} ${name}`, { code: NOERROR, records })
  }
  srv(name: string, ...targets: [priority: number, weight: number, port: number, host: string][]): void {
    const records = targets.map(([priority, weight, port, host]) => {
      const fixed = Buffer.alloc(6)
      for (const [i, value] of [priority, weight, port].entries()) fixed.writeUInt16BE(value, 2 * i)
      const labels = host === '.' ? [] : host.split('.')
      const target = labels.map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]))
      return Buffer.concat([fixed, ...target, Buffer.alloc(1)])
    })
    this.answers.set(`${SRV} ${name}`, { code: NOERROR, records })
  }
  close(): void {
    this.#socket.close()
  }
}

let server: NameServer
let address: string
let clock: ManualClock
let events: GovernanceEvent[]
let registry: NodeDnsRegistry
beforeEach(async () => {
  server = new NameServer()
  address = await server.listen()
  clock = new ManualClock()
  events = []
})
afterEach(() => {
  registry?.close()
  server.close()
})

const ports = () => ({
  clock,
  random: new SeededRandom(1),
  events: { emit: (e: GovernanceEvent) => void events.push(e) },
})
function open(services: DnsRegistryOptions['services'], more: Partial<DnsRegistryOptions> = {}): NodeDnsRegistry {
  registry = new NodeDnsRegistry(
    resolveDnsOptions({ services, servers: [address], timeout: '200ms', ...more }),
    ports(),
  )
  return registry
}
class Following extends Watching {
  readonly errors: Error[] = []
  override error(error?: Error): void {
    if (error !== undefined) this.errors.push(error)
  }
}
function watch(service = 'payments'): Following {
  const following = new Following()
  following.handle = registry.watch(service, following)
  return following
}
/** The server answers in real time; the registry's waits are the clock's. */
const sees = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 5_000, interval: 2 })
/** Lets everything that is under way come in. */
const settle = (): Promise<void> => new Promise((done) => setTimeout(done, 30))

describe('NodeDnsRegistry', () => {
  it('A records are the instances, in an order of their own', async () => {
    server.a('payments.test', 60, '10.0.0.2', '10.0.0.1')
    open({ payments: 'payments.test:8080' })
    const following = watch()
    await sees(() => expect(following.lists.length).toBe(1))
    const of = (host: string) => ({
      id: `${host}:8080`,
      service: 'payments',
      address: { host, port: 8080 },
      protocol: 'http',
      weight: 1,
    })
    expect(following.list).toEqual([of('10.0.0.1'), of('10.0.0.2')])
    expect(following.lefts).toEqual([new Set()])
    expect(server.asked).toEqual(['1 payments.test'])
  })

  it('AAAA records where there is no A record', async () => {
    server.answers.set('1 payments.test', { code: NOERROR })
    server.aaaa('payments.test', '1', '2')
    open({ payments: { address: 'payments.test:80', protocol: 'grpc' } })
    const following = watch()
    await sees(() => expect(following.ids).toEqual(['[::1]:80', '[::2]:80']))
    expect(following.list?.[0]).toMatchObject({ protocol: 'grpc', address: { host: '::1', port: 80 } })
  })

  it('SRV records bring port, weight and priority', async () => {
    server.srv('_http._tcp.payments.test', [20, 0, 81, 'c.test'], [10, 3, 80, 'a.test'], [10, 1, 80, 'b.test'])
    open({ payments: { srv: '_http._tcp.payments.test' } })
    const following = watch()
    await sees(() => expect(following.ids).toEqual(['a.test:80', 'b.test:80', 'c.test:81']))
    expect(following.list?.map(({ weight }) => weight)).toEqual([3, 1, 0])
    expect(following.list?.map(({ meta }) => meta)).toEqual([undefined, undefined, { priority: '1' }])
    server.srv('_http._tcp.payments.test', [1, 0, 80, 'a.test'], [1, 0, 80, 'b.test'])
    clock.advance(5_500)
    await sees(() => expect(following.list?.map(({ weight }) => weight)).toEqual([1, 1]))
    // "The service is decidedly not available at this domain" (RFC 2782).
    server.srv('_http._tcp.payments.test', [0, 0, 0, '.'])
    clock.advance(5_500)
    await sees(() => expect(following.ids).toEqual([]))
  })

  it.each([
    [1, 5_000],
    [12, 12_000],
    [3_600, 30_000],
  ])('a TTL of %d s is asked again after %d ms, and up to a tenth', async (ttl, waitMs) => {
    server.a('payments.test', ttl, '10.0.0.1')
    open({ payments: 'payments.test:80' })
    const following = watch()
    await sees(() => expect(following.words).toBe(1))
    server.a('payments.test', ttl, '10.0.0.2')
    clock.advance(waitMs - 1)
    await settle()
    expect(server.asked.length).toBe(1)
    clock.advance(waitMs / 10 + 1)
    await sees(() => expect(following.ids).toEqual(['10.0.0.2:80']))
    expect(server.asked.length).toBe(2)
  })

  it('no such name: unknown at first, and an empty list, without a goodbye, of one that was known', async () => {
    open({ payments: 'payments.test:80' })
    const following = watch()
    await sees(() => expect(following.unknowns).toBe(1))
    server.a('payments.test', 1, '10.0.0.1')
    clock.advance(5_500)
    await sees(() => expect(following.ids).toEqual(['10.0.0.1:80']))
    for (const code of [NXDOMAIN, NOERROR]) {
      server.answers.set('1 payments.test', { code })
      clock.advance(5_500)
      await sees(() => expect(following.ids).toEqual([]))
      expect(following.lefts.at(-1)).toEqual(new Set())
    }
    expect(following.errors).toEqual([])
  })

  it.each([
    ['SERVFAIL', { code: SERVFAIL }],
    ['REFUSED', { code: REFUSED }],
    ['silence', 'silence'],
  ] as const)('%s is no answer: an error, and the list stays', async (_name, answer) => {
    server.a('payments.test', 1, '10.0.0.1')
    open({ payments: 'payments.test:80' })
    const following = watch()
    await sees(() => expect(following.words).toBe(1))
    server.answers.set('1 payments.test', answer)
    clock.advance(5_500)
    await sees(() => expect(following.errors.length).toBe(1))
    expect(following.ids).toEqual(['10.0.0.1:80'])
    server.a('payments.test', 1, '10.0.0.1')
    clock.advance(5_500)
    await sees(() => expect(following.lists.length).toBe(2))
  })

  // grpc/grpc-node#2023, #1663: a query for each channel and each failure; #2455, #2265: new pods never found.
  it('3d 32: one query of a name at a time, at most one per interval, and new instances are found', async () => {
    server.a('payments.test', 1, '10.0.0.1')
    open({ payments: 'payments.test:80', refunds: 'PAYMENTS.test:81' })
    const followings = Array.from({ length: 50 }, (_, i) => watch(i % 2 === 0 ? 'payments' : 'refunds'))
    for (let i = 0; i < 100; i++) registry.refresh('payments')
    await sees(() => expect(followings.every(({ words }) => words === 1)).toBe(true))
    expect(server.asked.length).toBe(1)
    for (let second = 1; second <= 60; second++) {
      for (let i = 0; i < 10; i++) registry.refresh('payments')
      const again = watch()
      clock.advance(1_000)
      await settle()
      again.stop()
    }
    expect(server.asked.length).toBeGreaterThanOrEqual(11)
    expect(server.asked.length).toBeLessThanOrEqual(13)
    server.a('payments.test', 1, '10.0.0.1', '10.0.0.2')
    clock.advance(5_500)
    await sees(() => expect(followings[1]?.ids).toEqual(['10.0.0.1:81', '10.0.0.2:81']))
  })

  it('a hint brings the next query forward, as far as the interval allows', async () => {
    server.a('payments.test', 3_600, '10.0.0.1')
    open({ payments: 'payments.test:80' })
    const resolver = new Resolver('payments', [registry], ports())
    await sees(() => expect(resolver.cell.value.revision).toBe(1))
    server.a('payments.test', 3_600, '10.0.0.1', '10.0.0.2')
    clock.advance(2_000)
    resolver.refresh()
    clock.advance(2_999)
    await settle()
    expect(server.asked.length).toBe(1)
    clock.advance(1)
    await sees(() => expect(resolver.cell.value.endpoints.length).toBe(2))
    resolver.close()
  })

  it('a zone that is lost empties nobody at once', async () => {
    server.a('payments.test', 1, '10.0.0.1', '10.0.0.2', '10.0.0.3')
    open({ payments: 'payments.test:80' })
    const resolver = new Resolver('payments', [registry], ports())
    await sees(() => expect(resolver.cell.value.revision).toBe(1))
    server.answers.clear()
    clock.advance(5_500)
    await sees(() => expect(events.map(({ type }) => type)).toContain('endpointsRetained'))
    expect(resolver.cell.value.endpoints.length).toBe(3)
    resolver.close()
  })

  it('asks for nobody who is not followed, knows nobody it was not told of, and ends with its close', async () => {
    server.a('payments.test', 1, '10.0.0.1')
    open({ payments: 'payments.test:80' })
    expect(watch('stock').unknowns).toBe(1)
    expect(watch('constructor').unknowns).toBe(1)
    const following = watch()
    await sees(() => expect(following.words).toBe(1))
    following.stop()
    clock.advance(60_000)
    await settle()
    expect(server.asked.length).toBe(1)
    watch()
    registry.close()
    await settle()
    expect(clock.pending).toBe(0)
    expect(watch().words).toBe(0)
    const answers: unknown[] = []
    registry.register(following.list![0]!, 1, (error) => answers.push(error))
    expect(answers).toEqual([undefined])
  })
})

describe('dnsRegistry', () => {
  it('is a module, and calls go where the name points', async () => {
    server.a('payments.test', 1, '127.0.0.1')
    await using runtime = await createRuntime({
      service: 'web',
      policies: { version: 1, targets: { payments: { timeout: '1s' } } },
      modules: [dnsRegistry({ services: { payments: 'payments.test:80' }, servers: [address] })],
    })
    const cell = runtime.endpoints('payments')
    await sees(() => expect(cell.value.endpoints.map(({ id }) => id)).toEqual(['127.0.0.1:80']))
  })

  it.each([
    [{}, 'dnsRegistry.services: missing'],
    [{ services: { payments: 'a:1' }, servers: ['dns.test'] }, 'dnsRegistry.servers.0: "dns.test" is not allowed'],
    [{ services: {} }, 'dnsRegistry.services: 0 entries are not enough'],
    [{ services: { payments: 'payments.test' } }, 'dnsRegistry.services.payments: "payments.test" is not allowed'],
    [{ services: { payments: { serv: 'x' } } }, 'did you mean srv?'],
    [{ services: { payments: 'a:1' }, interval: '10s', maxInterval: '5s' }, 'at least interval, which is 10s'],
  ])('names what is wrong in %j', (options, message) => {
    expect(() => dnsRegistry(options as DnsRegistryOptions)).toThrow(message)
  })
})
