import type { Instance } from '@seakeep/core'
import { hashText, mix, type RegistrySink, type TimerTask, uniform } from '@seakeep/core/spi'
import type { Distribution } from './distribution.ts'
import type { VirtualHost } from './virtual-host.ts'

/** How word of a change gets to those who watch. */
export interface RegistryDelays {
  /** Until the registry's answers show a change. Undefined: at once. */
  readonly propagation?: Distribution | undefined
  /** Between two looks of who asks instead of being told. Undefined: it is told. */
  readonly pollMs?: number | undefined
}

/** A list with those who said goodbye since the last one, or why there is none. */
interface Word {
  readonly dueUs: number
  readonly list: readonly Instance[] | undefined
  readonly left: ReadonlySet<string>
  readonly error: Error | undefined
}

const NO_WORDS: readonly Word[] = []
const NOBODY: ReadonlySet<string> = new Set()
const PROPAGATION = hashText('propagation')
const POLL = hashText('poll')

/**
 * Somebody who follows a service: the registry's half of it, which is also the handle that ends it. What it is told comes
 * in the order in which it happened, each change after a delay drawn for this watcher and instant; of what is due at once
 * only the last list is told, with all goodbyes.
 */
export class Watcher implements Disposable, TimerTask {
  readonly host: VirtualHost
  readonly #sink: RegistrySink
  readonly #isAlive: () => boolean
  readonly #watchers: Set<Watcher>
  readonly #delays: RegistryDelays
  readonly #key: number
  readonly #sinceUs: number
  /** Who said goodbye and is in no word yet. */
  #left: Set<string> | undefined = undefined
  #words: readonly Word[] = NO_WORDS

  constructor(
    host: VirtualHost,
    service: string,
    sink: RegistrySink,
    isAlive: () => boolean,
    watchers: Set<Watcher>,
    delays: RegistryDelays,
  ) {
    this.host = host
    this.#sink = sink
    this.#isAlive = isAlive
    this.#watchers = watchers
    this.#delays = delays
    const isAtOnce = delays.propagation === undefined && delays.pollMs === undefined
    this.#key = isAtOnce ? 0 : host.keyFor(hashText(`registry ${service}`))
    this.#sinceUs = host.kernel.nowUs
  }

  /** Those of an earlier life, or of a closed port, hear nothing. */
  get isAlive(): boolean {
    return this.#isAlive()
  }

  /** The first answer, at once. */
  begin(list: readonly Instance[] | undefined, error: Error | undefined): void {
    if (error !== undefined) this.#sink.error(error)
    else if (list === undefined) this.#sink.unknown()
    else this.#sink.instances(list, NOBODY)
  }

  /** The list has changed. */
  hear(list: readonly Instance[], left: ReadonlySet<string>): void {
    this.miss(left)
    this.#say(list, undefined, this.#delays.propagation?.sampleMs(this.#draw(PROPAGATION)) ?? 0)
  }

  /** The registry cannot be reached: what was on its way is lost, and told when it is back. */
  interrupt(error: Error): void {
    for (const { left } of this.#words) this.miss(left)
    this.#words = NO_WORDS
    this.#say(undefined, error, 0)
  }

  /** The registry can be reached again. */
  resume(list: readonly Instance[]): void {
    this.#say(list, undefined, 0)
  }

  /** These have said goodbye, which is told with the next list. */
  miss(left: ReadonlySet<string>): void {
    if (left.size === 0) return
    this.#left ??= new Set()
    for (const id of left) this.#left.add(id)
  }

  onTimer(): void {
    if (!this.#watchers.has(this) || !this.#isAlive()) return
    const { nowUs } = this.host.kernel
    const due = this.#words.filter(({ dueUs }) => dueUs <= nowUs)
    const last = due.at(-1)
    if (last === undefined) return
    this.#words = this.#words.slice(due.length)
    if (due.length === 1) return this.#tell(last)
    const left = new Set(due.flatMap((word) => [...word.left]))
    if (last.list === undefined) this.miss(left)
    this.#tell({ ...last, left })
  }

  [Symbol.dispose](): void {
    this.#watchers.delete(this)
  }

  #say(list: readonly Instance[] | undefined, error: Error | undefined, delayMs: number): void {
    const { kernel } = this.host
    const readyUs = kernel.nowUs + Math.round(delayMs * 1000)
    const { pollMs } = this.#delays
    // Instances present at the start are known then.
    const dueUs = kernel.nowUs === 0 ? 0 : Math.max(this.#words.at(-1)?.dueUs ?? 0, this.#nextLook(readyUs, pollMs))
    const left = list === undefined ? NOBODY : (this.#left ?? NOBODY)
    if (list !== undefined) this.#left = undefined
    const word = { dueUs, list, left, error }
    if (dueUs <= kernel.nowUs && this.#words.length === 0) return this.#tell(word)
    const isArmed = this.#words.at(-1)?.dueUs === dueUs
    this.#words = [...this.#words, word]
    if (!isArmed) kernel.at(dueUs, this)
  }

  #tell({ list, left, error }: Word): void {
    if (list === undefined) {
      if (error !== undefined) this.#sink.error(error)
      return
    }
    this.#sink.instances(list, left)
  }

  /** The first look not before `us`; looks are a period apart, each watcher's from an instant of its own. */
  #nextLook(us: number, pollMs: number | undefined): number {
    if (pollMs === undefined) return us
    const firstUs = this.#sinceUs + Math.round(uniform(this.#key, POLL) * pollMs * 1000)
    const periodUs = pollMs * 1000
    return firstUs + Math.max(0, Math.ceil((us - firstUs) / periodUs)) * periodUs
  }

  #draw(purpose: number): number {
    return mix(mix(this.#key, purpose), this.host.kernel.nowUs)
  }
}
