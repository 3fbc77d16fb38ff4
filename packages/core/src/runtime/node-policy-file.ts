import { type FSWatcher, watch } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { contentHash } from '../config/content-hash.ts'
import { parsePolicyText } from '../config/parse-text.ts'
import type { PolicyDocument } from '../config/policy-document.ts'
import type { PolicySource, PolicySourceSink, PolicyText } from '../config/policy-source.ts'
import { asError } from '../errors/as-error.ts'
import { ConfigError } from '../errors/seakeep-error.ts'
import type { Clock, Timer, TimerTask } from '../time/clock.ts'

/** How often the file is read whether or not anything was heard: watching does not work on every file system. */
const POLL_MS = 1000
/** What was found is told when it has not changed for so long: whoever writes may not be done. */
const SETTLE_MS = 100

/** Reads a policy document from a file, YAML or JSON by its content. */
export async function readPolicyFile(path: string): Promise<PolicyDocument> {
  const { text } = await readPolicyText(path)
  return parsePolicyText(text, path)
}

/** The text of a policy document in a file. Throws a ConfigError where it cannot be read. */
export async function readPolicyText(path: string): Promise<PolicyText> {
  try {
    return textOf(await readFile(path, 'utf8'))
  } catch (cause) {
    throw new ConfigError('policies', `the file ${path} cannot be read: ${(cause as Error).message}`, { cause })
  }
}

/**
 * Follows a policy document in a file. Its revision is the hash of its text.
 *
 * The folder is watched and not the file: editors and deployments put another file in its place, and a watch would go on
 * looking at the one that is gone. Whatever is heard is only a reason to read, and so is a second that has passed; what
 * counts is the content. A change is told when two readings a tenth of a second apart agree, so that a file that is being
 * written, or missing between two renames, is not taken for what it will be.
 */
export class PolicyFile implements PolicySource, TimerTask {
  readonly name: string
  /** It only looks after a file: a process that is done ends. */
  readonly isBackground = true
  readonly #clock: Clock
  readonly #watchers = new Set<Watcher>()
  #timer: Timer | undefined = undefined
  #folder: FSWatcher | undefined = undefined
  #isReading = false
  /** Something was heard while the file was being read. */
  #isStale = false
  #found: Found | undefined = undefined
  #foundAtMs = 0

  constructor(path: string, clock: Clock) {
    this.name = path
    this.#clock = clock
  }

  watch(sink: PolicySourceSink): Disposable {
    const watcher: Watcher = { sink, told: undefined }
    this.#watchers.add(watcher)
    if (this.#watchers.size === 1) this.#watchFolder()
    this.#look()
    return {
      [Symbol.dispose]: () => {
        this.#watchers.delete(watcher)
        if (this.#watchers.size === 0) this.#rest()
      },
    }
  }

  close(): void {
    this.#watchers.clear()
    this.#rest()
  }

  onTimer(): void {
    this.#timer = undefined
    this.#watchFolder()
    this.#look()
  }

  #rest(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#folder?.close()
    this.#folder = undefined
    this.#found = undefined
  }

  /** Where that does not work (no such folder, too many watches), it is tried again at each poll. */
  #watchFolder(): void {
    if (this.#folder !== undefined) return
    const file = basename(this.name)
    const forget = (): void => {
      this.#folder?.close()
      this.#folder = undefined
    }
    try {
      // A folder whose links are turned, as a mounted ConfigMap, tells of names that begin with two dots.
      this.#folder = watch(dirname(this.name), { persistent: false }, (_, name) => {
        if (name === null || name === file || name.startsWith('..')) this.#look()
        // The folder itself has been moved or removed.
        else if (name === basename(dirname(this.name))) forget()
      }).on('error', forget)
    } catch {
      forget()
    }
  }

  #arm(delayMs: number): void {
    this.#timer?.cancel()
    this.#timer = this.#clock.schedule(this.#clock.now() + delayMs, this)
  }

  #look(): void {
    if (this.#watchers.size === 0) return
    if (this.#isReading) {
      this.#isStale = true
      return
    }
    this.#isReading = true
    this.#isStale = false
    readFile(this.name, 'utf8').then(
      (text) => this.#onRead({ text }),
      (thrown) => this.#onRead(isAbsent(thrown) ? 'missing' : asError(thrown)),
    )
  }

  #onRead(read: Found): void {
    this.#isReading = false
    if (this.#watchers.size === 0) return
    const nowMs = this.#clock.now()
    const isFirst = this.#found === undefined
    if (!isSame(read, this.#found)) {
      this.#found = read
      this.#foundAtMs = nowMs
    }
    const found = this.#found ?? read
    const isSettled = isFirst || nowMs - this.#foundAtMs >= SETTLE_MS
    if (isSettled) for (const watcher of [...this.#watchers]) this.#tell(watcher, found)
    if (this.#watchers.size === 0) return
    if (this.#isStale) this.#look()
    else if (!isSettled) this.#arm(this.#foundAtMs + SETTLE_MS - nowMs)
    else if (this.#timer === undefined) this.#arm(POLL_MS)
  }

  #tell(watcher: Watcher, found: Found): void {
    if (isSame(found, watcher.told) || !this.#watchers.has(watcher)) return
    watcher.told = found
    if (found instanceof Error) watcher.sink.error(found)
    else if (found === 'missing') watcher.sink.missing()
    else watcher.sink.document(textOf(found.text))
  }
}

type Found = { readonly text: string } | 'missing' | Error

interface Watcher {
  readonly sink: PolicySourceSink
  /** What it was told last. */
  told: Found | undefined
}

function textOf(text: string): PolicyText {
  return { text, revision: contentHash(text) }
}

/** One failure is as good as another: an outage is told once. */
function isSame(one: Found, other: Found | undefined): boolean {
  if (one === other) return true
  if (other === undefined || one === 'missing' || other === 'missing') return false
  if (one instanceof Error || other instanceof Error) return one instanceof Error && other instanceof Error
  return one.text === other.text
}

function isAbsent(thrown: unknown): boolean {
  const { code } = thrown as { readonly code?: unknown }
  return code === 'ENOENT' || code === 'ENOTDIR'
}
