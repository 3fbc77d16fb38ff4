// A real agent for a file of tests, the ports it is asked through, and waiting.
import type { GovernanceEvent, Instance } from '@seakeep/core'
import {
  type AdapterPorts,
  after,
  type RegistryError,
  type RegistrySink,
  realClock,
  SeededRandom,
} from '@seakeep/core/spi'
import { openLock, openRegistry, openStore } from '../src/consul-module.ts'
import { type ConsulOptions, resolveConsulOptions } from '../src/consul-options.ts'
import type { ConsulRegistry } from '../src/consul-registry.ts'

export interface TestPorts extends AdapterPorts {
  readonly told: GovernanceEvent[]
}

const clock = realClock()
let seeds = 0

export function testPorts(): TestPorts {
  const told: GovernanceEvent[] = []
  return { clock, random: new SeededRandom(++seeds), events: { emit: (event) => told.push(event) }, told }
}

export function registryAt(options: ConsulOptions, ports: AdapterPorts = testPorts()): ConsulRegistry {
  return openRegistry(ports, resolveConsulOptions(options))
}

export function storeAt(options: ConsulOptions, key: string, ports: AdapterPorts = testPorts()) {
  return openStore(key, ports, resolveConsulOptions(options))
}

export function lockAt(options: ConsulOptions, ports: AdapterPorts = testPorts()) {
  return openLock(ports, resolveConsulOptions(options))
}

/** What one watcher was told, in full. */
export class Listener implements RegistrySink {
  readonly lists: { readonly ids: readonly string[]; readonly left: readonly string[] }[] = []
  readonly errors: Error[] = []
  instancesNow: readonly Instance[] = []
  unknowns = 0

  instances(instances: readonly Instance[], left: ReadonlySet<string> = new Set()): void {
    this.instancesNow = instances
    this.lists.push({ ids: instances.map(({ id }) => id), left: [...left] })
  }
  unknown(): void {
    this.unknowns++
  }
  error(error: Error): void {
    this.errors.push(error)
  }

  get ids(): readonly string[] | undefined {
    return this.lists.at(-1)?.ids
  }
  has(...ids: string[]): boolean {
    return this.ids?.length === ids.length && ids.every((id) => this.ids?.includes(id))
  }
}

export function instance(id: string, more: Partial<Instance> = {}): Instance {
  return { id, service: 'orders', address: { host: '10.0.0.1', port: 8080 }, protocol: 'http', weight: 1, ...more }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => void after(clock, ms, resolve))
}

/** Milliseconds until `condition` holds; throws where it does not within `withinMs`. */
export async function seen(condition: () => boolean, withinMs = 5000): Promise<number> {
  const beganMs = clock.now()
  while (!condition()) {
    if (clock.now() - beganMs > withinMs) throw new Error(`not seen within ${withinMs} ms: ${condition}`)
    await sleep(10)
  }
  return clock.now() - beganMs
}

export function answerOf(ask: (done: (error?: RegistryError) => void) => void): Promise<RegistryError | undefined> {
  return new Promise((resolve) => ask(resolve))
}

export async function register(registry: ConsulRegistry, one: Instance, ttlMs = 60_000): Promise<void> {
  const error = await answerOf((done) => registry.register(one, ttlMs, done))
  if (error !== undefined) throw error
}

/** Asks an agent directly, as an operator would. */
// biome-ignore lint/suspicious/noExplicitAny: each test knows what it asks for
export async function operate(url: string, method: string, path: string, body?: unknown, token = ''): Promise<any> {
  const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body)
  const answer = await fetch(`${url}/v1${path}`, {
    method,
    headers: token === '' ? {} : { 'x-consul-token': token },
    ...(text === undefined ? {} : { body: text }),
  })
  const answered = await answer.text()
  if (!answer.ok) throw new Error(`${answer.status} ${answered}`)
  return answered === '' ? undefined : JSON.parse(answered)
}

/** Tries until it goes well: a server may be there before all of it is. */
export async function eventually<T>(attempt: () => Promise<T>, withinMs = 10_000): Promise<T> {
  const untilMs = clock.now() + withinMs
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (clock.now() > untilMs) throw error
      await sleep(50)
    }
  }
}
