import { contentHash } from '../config/content-hash.ts'
import type {
  PolicySource,
  PolicySourceSink,
  PolicyStore,
  PolicyText,
  PushedPolicies,
} from '../config/policy-source.ts'
import { comesTrue } from './patience.ts'

/** A source of policy documents to be held to the contract, in whatever time it lives. Each harness has a place of its own. */
export interface PolicySourceHarness {
  /** Another client of the same document. */
  connect(): PolicySource
  /** Another client that can write, where there are such: without it what stores owe is left out. */
  connectStore?(): PolicyStore
  /** Writes the document as somebody would who knows nothing of clients. */
  put(text: string): Promise<void>
  /** Deletes it. */
  remove(): Promise<void>
  /** Lets time pass, with all that arrives meanwhile. */
  pass(ms: number): Promise<void>
  /** The longest until a change has come through. */
  readonly seenWithinMs: number
  /** The longest until an outage, or its end, is noticed. Default `seenWithinMs`. */
  readonly outageSeenWithinMs?: number
  /**
   * Makes the place unreachable for sources, until disposed of; `put` and `remove` must work meanwhile. Where there is no
   * way to, those tests are left out.
   */
  interrupt?(): Promise<AsyncDisposable>
  /** Size of the largest document that is tried. Default 400,000 bytes. */
  readonly mostBytes?: number
  close(): Promise<void>
}

/** What one watcher was told, in order. */
export class Following implements PolicySourceSink {
  readonly words: (PolicyText | 'missing' | 'error')[] = []
  handle: Disposable | undefined = undefined

  /** The last document that was told; undefined where the last word about it was that there is none. */
  get stored(): PolicyText | undefined {
    const last = this.words.findLast((word) => word !== 'error')
    return last === 'missing' ? undefined : last
  }

  get text(): string | undefined {
    return this.stored?.text
  }

  /** The documents told, without repetitions of the same text. */
  get texts(): readonly string[] {
    const texts = this.words.flatMap((word) => (typeof word === 'string' ? [] : [word.text]))
    return texts.filter((text, i) => text !== texts[i - 1])
  }

  get errors(): number {
    return this.words.filter((word) => word === 'error').length
  }

  document(stored: PolicyText): void {
    this.words.push(stored)
  }

  missing(): void {
    this.words.push('missing')
  }

  error(): void {
    this.words.push('error')
  }

  stop(): void {
    this.handle?.[Symbol.dispose]()
  }
}

/** One test's view of a harness: clients that are closed at the end, and waiting. */
export class PolicySourceWorkbench {
  readonly harness: PolicySourceHarness
  readonly #clients: PolicySource[] = []

  constructor(harness: PolicySourceHarness) {
    this.harness = harness
  }

  connect(): PolicySource {
    return this.#keep(this.harness.connect())
  }

  store(): PolicyStore | undefined {
    const store = this.harness.connectStore?.()
    return store && this.#keep(store)
  }

  watch(source: PolicySource = this.connect()): Following {
    const following = new Following()
    following.handle = source.watch(following)
    return following
  }

  pushed(name: string, text: string = documentOf(name)): PushedPolicies {
    return { hash: contentHash(text), text, atMs: 1_767_225_600_000, author: 'north', message: `document ${name}` }
  }

  /** Waits until `condition` holds, at most as long as a change may take (and `moreMs`). Whether it did. */
  sees(condition: () => boolean, moreMs: number = 0): Promise<boolean> {
    const { seenWithinMs } = this.harness
    const pass = (ms: number): Promise<void> => this.harness.pass(ms)
    return comesTrue(condition, { pass, withinMs: seenWithinMs + moreMs, stepMs: Math.max(1, seenWithinMs / 40) })
  }

  /** Waits as long as a change may take: then what was not told will not be. */
  settle(): Promise<void> {
    return this.harness.pass(this.harness.seenWithinMs)
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.close()
    await this.harness.close()
  }

  #keep<Client extends PolicySource>(client: Client): Client {
    this.#clients.push(client)
    return client
  }
}

/** A document that is valid, and differs by its name. */
export function documentOf(name: string): string {
  return `# ${name}\nversion: 1\ntargets:\n  ${name}: { timeout: 1s }\n`
}
