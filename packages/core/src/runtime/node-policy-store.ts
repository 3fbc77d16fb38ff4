import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { PolicyConflictError } from '../config/policy-conflict-error.ts'
import type { PolicySourceSink, PolicyStore, PolicyText, PushedPolicies } from '../config/policy-source.ts'
import { objectOf } from '../options/record.ts'
import type { Clock } from '../time/clock.ts'
import { realClock } from '../time/real-clock.ts'
import { PolicyFile, readPolicyText } from './node-policy-file.ts'

/** Digits of an entry's number, so that names sort as numbers do. */
const DIGITS = 8
const ENTRY = /^(\d{8})-.+\.json$/

/**
 * A policy store in a file, for the command line: what was pushed is kept beside it, each push a JSON file in
 * `<path>.history/`. `clock` says when to read again while somebody watches.
 */
export function filePolicyStore(path: string, clock: Clock = realClock()): PolicyStore {
  return new PolicyFileStore(path, clock)
}

/**
 * The document is put in its place by a rename, so that nobody reads half of it. Comparing and swapping is one step for all
 * who push: a lock file stands while one does, and who finds one has lost.
 */
class PolicyFileStore implements PolicyStore {
  readonly name: string
  readonly #file: PolicyFile
  readonly #folder: string

  constructor(path: string, clock: Clock) {
    this.name = path
    this.#file = new PolicyFile(path, clock)
    this.#folder = `${path}.history`
  }

  watch(sink: PolicySourceSink): Disposable {
    return this.#file.watch(sink)
  }

  async read(): Promise<PolicyText | undefined> {
    return unlessAbsent(readPolicyText(this.name))
  }

  async write(entry: PushedPolicies, expected: string | undefined): Promise<PolicyText> {
    await mkdir(dirname(this.name), { recursive: true })
    const lock = `${this.name}.lock`
    const handle = await this.#lock(lock, expected)
    try {
      const found = await this.read()
      if (found?.revision !== expected) throw new PolicyConflictError(this.name, expected, found?.revision)
      await this.#keep(entry)
      await writeFile(lock, entry.text)
      await rename(lock, this.name)
    } catch (thrown) {
      await rm(lock, { force: true })
      throw thrown
    } finally {
      await handle.close()
    }
    return readPolicyText(this.name)
  }

  async history(limit: number): Promise<readonly PushedPolicies[]> {
    const names = (await this.#entries()).toReversed().slice(0, limit)
    return Promise.all(names.map((name) => this.#entry(join(this.#folder, name))))
  }

  close(): void {
    this.#file.close()
  }

  /** The lock is what becomes the document. */
  async #lock(lock: string, expected: string | undefined) {
    try {
      return await open(lock, 'wx')
    } catch (thrown) {
      if (codeOf(thrown) !== 'EEXIST') throw thrown
      const why = `${lock} stands there; remove it if nobody is writing`
      throw new PolicyConflictError(this.name, expected, undefined, why)
    }
  }

  async #keep(entry: PushedPolicies): Promise<void> {
    await mkdir(this.#folder, { recursive: true })
    const last = (await this.#entries()).at(-1)
    const number = last === undefined ? 1 : Number(ENTRY.exec(last)?.[1]) + 1
    const file = join(this.#folder, `${String(number).padStart(DIGITS, '0')}-${entry.hash}.json`)
    await writeFile(file, `${JSON.stringify(entry, undefined, 2)}\n`)
  }

  /** The names of the entries, the oldest first. */
  async #entries(): Promise<readonly string[]> {
    const names = (await unlessAbsent(readdir(this.#folder))) ?? []
    return names.filter((name) => ENTRY.test(name)).sort()
  }

  async #entry(file: string): Promise<PushedPolicies> {
    try {
      const entry = objectOf(JSON.parse(await readFile(file, 'utf8')))
      const { hash, text, atMs } = entry ?? {}
      if (typeof hash === 'string' && typeof text === 'string' && typeof atMs === 'number') {
        return entry as unknown as PushedPolicies
      }
    } catch (cause) {
      throw new Error(`${file} cannot be read: ${(cause as Error).message}`, { cause })
    }
    throw new Error(`${file} is no entry of a history: hash, text and atMs are needed`)
  }
}

/** Undefined where there is no such file. */
async function unlessAbsent<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT' || codeOf((thrown as Error).cause) === 'ENOENT') return undefined
    throw thrown
  }
}

function codeOf(thrown: unknown): unknown {
  return (thrown as { readonly code?: unknown } | undefined)?.code
}
