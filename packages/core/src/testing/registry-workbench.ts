import type { Registry, RegistryAnswer, RegistryError, RegistrySink } from '../discovery/registry.ts'
import type { Instance } from '../endpoint/endpoint.ts'
import { comesTrue } from './patience.ts'

/** A registry to be held to the contract, in whatever time it lives. */
export interface RegistryHarness {
  /** Another client of the same catalogue. */
  connect(): Registry
  /** Lets time pass, with all that arrives meanwhile. */
  pass(ms: number): Promise<void>
  /** The shortest lease the registry keeps; a multiple of what it counts in. */
  readonly ttlMs: number
  /** The longest until a change, or an answer, has come through. */
  readonly seenWithinMs: number
  /** How long after its end a lease may still be in the lists. */
  readonly expiresWithinMs: number
  /** Put before the names of services, so that runs against one real registry do not meet. Default none. */
  readonly prefix?: string
  close(): Promise<void>
}

/** What one watcher was told. */
export class Watching implements RegistrySink {
  readonly lists: (readonly Instance[])[] = []
  /** Who said goodbye, as it was told with each of {@link lists}. */
  readonly lefts: (ReadonlySet<string> | undefined)[] = []
  unknowns = 0
  handle: Disposable | undefined = undefined

  get list(): readonly Instance[] | undefined {
    return this.lists.at(-1)
  }

  /** The ids of the last list; undefined while none has come. */
  get ids(): readonly string[] | undefined {
    return this.list?.map((instance) => instance.id)
  }

  get words(): number {
    return this.lists.length + this.unknowns
  }

  has(...ids: string[]): boolean {
    return this.ids?.length === ids.length && ids.every((id) => this.ids?.includes(id))
  }

  instances(instances: readonly Instance[], left?: ReadonlySet<string>): void {
    this.lists.push(instances)
    this.lefts.push(left)
  }

  /** What was told of goodbyes with the first list that lacked `id`, after one that had it. */
  leftWithout(id: string): ReadonlySet<string> | 'believed' | 'still there' {
    const hasIt = this.lists.map((list) => list.some((instance) => instance.id === id))
    const index = hasIt.findIndex((has, at) => !has && hasIt.indexOf(true) < at && hasIt.includes(true))
    return index < 0 ? 'still there' : (this.lefts[index] ?? 'believed')
  }

  unknown(): void {
    this.unknowns++
  }

  error(): void {}

  stop(): void {
    this.handle?.[Symbol.dispose]()
  }
}

/** One test's view of a harness: its own service, clients that are closed at the end, and waiting. */
export class RegistryWorkbench {
  readonly harness: RegistryHarness
  readonly service: string
  readonly ttlMs: number
  /** A lease that does not run out while a test looks the other way. */
  readonly longMs: number
  readonly #clients: Registry[] = []

  constructor(harness: RegistryHarness, number: number) {
    this.harness = harness
    this.service = `${harness.prefix ?? ''}contract-${number}`
    this.ttlMs = harness.ttlMs
    this.longMs = 20 * harness.ttlMs
  }

  connect(): Registry {
    const client = this.harness.connect()
    this.#clients.push(client)
    return client
  }

  instance(id: string, more: Partial<Instance> = {}): Instance {
    const { service } = this
    return {
      id: `${service}-${id}`,
      service,
      address: { host: '127.0.0.1', port: 8080 },
      protocol: 'http',
      weight: 1,
      ...more,
    }
  }

  idsOf(...names: string[]): string[] {
    return names.map((name) => `${this.service}-${name}`)
  }

  watch(registry: Registry, service: string = this.service): Watching {
    const watching = new Watching()
    watching.handle = registry.watch(service, watching)
    return watching
  }

  register(registry: Registry, instance: Instance, ttlMs: number = this.longMs): Promise<RegistryError | undefined> {
    return this.answer((done) => registry.register(instance, ttlMs, done))
  }

  heartbeat(registry: Registry, instance: Instance): Promise<RegistryError | undefined> {
    return this.answer((done) => registry.heartbeat(instance, this.ttlMs, done))
  }

  deregister(registry: Registry, instance: Instance): Promise<RegistryError | undefined> {
    return this.answer((done) => registry.deregister(instance, done))
  }

  /** What a registry answers; throws where it does not, or more than once. */
  async answer(ask: (done: RegistryAnswer) => void): Promise<RegistryError | undefined> {
    const answers: (RegistryError | undefined)[] = []
    ask((error) => answers.push(error))
    if (!(await this.sees(() => answers.length > 0))) throw new Error('the registry did not answer')
    if (answers.length > 1) throw new Error('the registry answered more than once')
    return answers[0]
  }

  /** Waits until `condition` holds, at most as long as the registry may take (and `moreMs`). Whether it did. */
  sees(condition: () => boolean, moreMs: number = 0): Promise<boolean> {
    const { seenWithinMs } = this.harness
    const pass = (ms: number): Promise<void> => this.harness.pass(ms)
    return comesTrue(condition, { pass, withinMs: seenWithinMs + moreMs, stepMs: Math.max(1, seenWithinMs / 20) })
  }

  /** Waits as long as a change may take: then what was not told will not be. */
  settle(): Promise<void> {
    return this.harness.pass(this.harness.seenWithinMs)
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.close()
    await this.harness.close()
  }
}
