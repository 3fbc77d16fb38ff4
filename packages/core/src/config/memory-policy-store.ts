import { PolicyConflictError } from './policy-conflict-error.ts'
import type { PolicySourceSink, PolicyStore, PolicyText, PushedPolicies } from './policy-source.ts'

interface Watcher {
  readonly sink: PolicySourceSink
  /** What it was told last: a text, that there is none, or nothing but errors since. */
  told: PolicyText | 'missing' | undefined
}

/**
 * A policy store inside the process: for tests, for runtimes that share a process, and for the simulator. It tells inside
 * the call that changes it. Each {@link connect} is a client of its own, which may be closed without the others.
 */
export class MemoryPolicyStore implements PolicyStore {
  readonly name = 'memory'
  readonly #watchers = new Set<Watcher>()
  readonly #history: PushedPolicies[] = []
  #stored: PolicyText | undefined
  #revision = 0
  #isInterrupted = false

  /** Undefined: nothing is there. */
  constructor(text?: string) {
    if (text !== undefined) this.put(text)
  }

  /** Writes as somebody would who asks nobody and keeps no history. */
  put(text: string): void {
    this.#revision += 1
    this.#stored = { text, revision: String(this.#revision) }
    this.#tellAll()
  }

  remove(): void {
    this.#stored = undefined
    this.#tellAll()
  }

  /** From here on nobody is told of changes or can ask for anything, until the handle is disposed of. */
  interrupt(): Disposable {
    if (!this.#isInterrupted) {
      this.#isInterrupted = true
      for (const watcher of [...this.#watchers]) this.#interrupt(watcher)
    }
    return {
      [Symbol.dispose]: () => {
        this.#isInterrupted = false
        this.#tellAll()
      },
    }
  }

  /** Another client of the same document. */
  connect(): PolicyStore {
    return new MemoryPolicyClient(this)
  }

  watch(sink: PolicySourceSink): Disposable {
    const watcher: Watcher = { sink, told: undefined }
    this.#watchers.add(watcher)
    if (this.#isInterrupted) this.#interrupt(watcher)
    else this.#tell(watcher)
    return { [Symbol.dispose]: () => void this.#watchers.delete(watcher) }
  }

  async read(): Promise<PolicyText | undefined> {
    this.#refuseInterrupted()
    return this.#stored
  }

  async write(entry: PushedPolicies, expected: string | undefined): Promise<PolicyText> {
    this.#refuseInterrupted()
    const found = this.#stored?.revision
    if (found !== expected) throw new PolicyConflictError(this.name, expected, found)
    this.#history.unshift(entry)
    this.put(entry.text)
    return { text: entry.text, revision: String(this.#revision) }
  }

  async history(limit: number): Promise<readonly PushedPolicies[]> {
    this.#refuseInterrupted()
    return this.#history.slice(0, limit)
  }

  close(): void {
    this.#watchers.clear()
  }

  #refuseInterrupted(): void {
    if (this.#isInterrupted) throw new Error(`${this.name} cannot be reached`)
  }

  #interrupt(watcher: Watcher): void {
    watcher.told = undefined
    watcher.sink.error(new Error(`${this.name} cannot be reached`))
  }

  #tellAll(): void {
    if (!this.#isInterrupted) for (const watcher of [...this.#watchers]) this.#tell(watcher)
  }

  #tell(watcher: Watcher): void {
    const present = this.#stored ?? 'missing'
    if (!this.#watchers.has(watcher) || watcher.told === present) return
    watcher.told = present
    if (present === 'missing') watcher.sink.missing()
    else watcher.sink.document(present)
  }
}

/** One client: what it watches ends with it. */
class MemoryPolicyClient implements PolicyStore {
  readonly name: string
  readonly #store: MemoryPolicyStore
  readonly #watches = new Set<Disposable>()
  #isClosed = false

  constructor(store: MemoryPolicyStore) {
    this.#store = store
    this.name = store.name
  }

  watch(sink: PolicySourceSink): Disposable {
    if (this.#isClosed) return { [Symbol.dispose]: () => {} }
    const watch = this.#store.watch(sink)
    this.#watches.add(watch)
    return {
      [Symbol.dispose]: () => {
        this.#watches.delete(watch)
        watch[Symbol.dispose]()
      },
    }
  }

  read(): Promise<PolicyText | undefined> {
    return this.#store.read()
  }

  write(entry: PushedPolicies, expected: string | undefined): Promise<PolicyText> {
    return this.#store.write(entry, expected)
  }

  history(limit: number): Promise<readonly PushedPolicies[]> {
    return this.#store.history(limit)
  }

  close(): void {
    this.#isClosed = true
    for (const watch of this.#watches) watch[Symbol.dispose]()
    this.#watches.clear()
  }
}

/** A policy store inside the process; `text` is there from the start. */
export function memoryPolicyStore(text?: string): MemoryPolicyStore {
  return new MemoryPolicyStore(text)
}
