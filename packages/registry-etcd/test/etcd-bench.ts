// What the tests against real servers share: clients in real time, sinks that remember, and hands on etcd from outside.
import { Buffer } from 'node:buffer'
import type { GovernanceEvent, Instance } from '@seakeep/core'
import { type AdapterPorts, after, type RegistryAnswer, realClock, SeededRandom } from '@seakeep/core/spi'
import type { EtcdOptions } from '../src/etcd-options.ts'
import { resolveEtcdOptions } from '../src/etcd-options.ts'
import { EtcdRegistry } from '../src/etcd-registry.ts'
import { type SharedEtcd, sharedEtcd } from '../src/shared-etcd.ts'

const CLOCK = realClock()

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => after(CLOCK, ms, resolve))
}

export function ports(seed: number = 1): AdapterPorts & { readonly told: GovernanceEvent[] } {
  const told: GovernanceEvent[] = []
  return {
    clock: CLOCK,
    random: new SeededRandom(seed),
    events: { emit: (event) => told.push(event) },
    told,
  }
}

export function share(options: EtcdOptions, of: AdapterPorts = ports()): SharedEtcd {
  return sharedEtcd(resolveEtcdOptions(options))(of)
}

export function registryAt(endpoints: readonly string[], more: Partial<EtcdOptions> = {}, seed = 1): EtcdRegistry {
  return new EtcdRegistry(share({ endpoints, ...more }, ports(seed)))
}

export function instanceOf(service: string, id: string, more: Partial<Instance> = {}): Instance {
  return { id, service, address: { host: '127.0.0.1', port: 8080 }, protocol: 'http', weight: 1, ...more }
}

/** What a registry answers; rejects with its error. */
export function answer(ask: (done: RegistryAnswer) => void): Promise<void> {
  return new Promise((resolve, reject) => ask((error) => (error === undefined ? resolve() : reject(error))))
}

/** Waits until `condition` holds; throws after `withinMs`. How long it took. */
export async function until(condition: () => boolean, withinMs: number, what = 'it'): Promise<number> {
  const startMs = CLOCK.now()
  while (!condition()) {
    if (CLOCK.now() - startMs > withinMs) throw new Error(`${what} did not come within ${withinMs} ms`)
    await sleep(10)
  }
  return CLOCK.now() - startMs
}

/** etcd's JSON gateway, for what the client does not do. */
export class Gateway {
  readonly #address: string
  #token = ''

  constructor(address: string) {
    this.#address = address
  }

  async ask(path: string, body: object): Promise<Record<string, unknown>> {
    const headers = this.#token === '' ? {} : { authorization: this.#token }
    const response = await fetch(`http://${this.#address}/v3/${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    })
    const answered = (await response.json()) as Record<string, unknown>
    if (!response.ok) throw new Error(`${path}: ${JSON.stringify(answered)}`)
    return answered
  }

  async put(key: string, value: string): Promise<void> {
    await this.ask('kv/put', { key: base64(key), value: base64(value) })
  }

  async remove(key: string): Promise<void> {
    await this.ask('kv/deleterange', { key: base64(key) })
  }

  async keys(prefix: string): Promise<{ readonly key: string; readonly value: string; readonly lease: string }[]> {
    const { kvs = [] } = (await this.ask('kv/range', { key: base64(prefix), range_end: base64(`${prefix}~`) })) as {
      kvs?: { key: string; value?: string; lease?: string }[]
    }
    return kvs.map(({ key, value = '', lease = '0' }) => ({ key: text(key), value: text(value), lease }))
  }

  /** Forgets all revisions below the present one. */
  async compact(): Promise<void> {
    const { header } = (await this.ask('kv/range', { key: base64('x') })) as { header: { revision: string } }
    await this.ask('kv/compaction', { revision: header.revision, physical: true })
  }

  async login(name: string, password: string): Promise<void> {
    this.#token = (await this.ask('auth/authenticate', { name, password })).token as string
  }
}

export function base64(of: string): string {
  return Buffer.from(of).toString('base64')
}

function text(encoded: string): string {
  return Buffer.from(encoded, 'base64').toString()
}
