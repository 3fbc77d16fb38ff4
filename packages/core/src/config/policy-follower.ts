/**
 * Follows a source of policy documents: reads each new text, hands good ones on, and keeps the last good one where a new one
 * is bad. What is the same for all sources stands here; they give texts and nothing else.
 *
 * A text that was read is not read again, and one that says the same as what governs (by its hash: another comment, another
 * order of keys) is not applied again; the cell then names its revision. A bad text is told once for each revision and goes
 * on governing nothing, also where the runtime itself finds that it cannot be applied. An outage of the source is told once,
 * and once when it is over, whatever the source says in between.
 */
import { asError } from '../errors/as-error.ts'
import type { WritableCell } from '../state/state-cell.ts'
import type { EventSink, PolicyEvent } from '../telemetry/events.ts'
import type { Clock } from '../time/clock.ts'
import { parsePolicyText } from './parse-text.ts'
import type { PolicyDocument } from './policy-document.ts'
import type { PolicySource, PolicySourceSink, PolicyText } from './policy-source.ts'

/** Which document governs, and what has become of newer ones: `rt.policies`. */
export interface GoverningPolicies {
  /** Hash of the document that governs; undefined where none does. */
  readonly hash: string | undefined
  /** Where it came from: `policies.yaml`, `consul seakeep/policies`; undefined for one given in code, or none. */
  readonly source: string | undefined
  /** The source's revision of it. */
  readonly revision: string | undefined
  /** `clock.now()` when it began to govern. */
  readonly appliedAtMs: number
  /** A newer document that is not valid; absent as soon as the source holds a good one. */
  readonly rejected?: { readonly revision: string; readonly error: Error; readonly atMs: number } | undefined
  /** Why the source cannot be followed at the moment; absent while it can. */
  readonly failure?: Error | undefined
}

/** Where a document came from. */
export interface PolicyOrigin {
  readonly source: string
  readonly revision: string
}

export interface FollowerParts {
  readonly clock: Clock
  readonly events: EventSink
  /** What the follower writes into, beside who applies documents. */
  readonly cell: WritableCell<GoverningPolicies>
  /** Governs by the document from now on. Changes nothing where it throws. */
  readonly apply: (document: PolicyDocument, origin: PolicyOrigin) => void
}

/** What a source said first: a document (good or bad), that there is none, or nothing but that it cannot be reached. */
export type FirstWord = 'document' | 'missing' | Error

export class PolicyFollower implements PolicySourceSink, Disposable {
  readonly #source: PolicySource
  readonly #parts: FollowerParts
  readonly #waiting: ((word: FirstWord) => void)[] = []
  #watch: Disposable | undefined = undefined
  #last: PolicyText | undefined = undefined
  #isLastGood = false
  #isMissing = false
  #firstWord: FirstWord | undefined = undefined
  #isClosed = false

  constructor(source: PolicySource, parts: FollowerParts) {
    this.#source = source
    this.#parts = parts
  }

  /** Begins to watch. The source may speak before this returns. */
  start(): this {
    if (this.#isClosed) return this
    try {
      const watch = this.#source.watch(this)
      if (this.#isClosed) watch[Symbol.dispose]()
      else this.#watch = watch
    } catch (thrown) {
      this.error(asError(thrown))
    }
    return this
  }

  /** Told once, perhaps before this returns; errors of the source are no word. */
  onFirstWord(told: (word: FirstWord) => void): void {
    if (this.#firstWord === undefined) this.#waiting.push(told)
    else told(this.#firstWord)
  }

  /** Follows no longer, and closes the source. What governs goes on governing. */
  [Symbol.dispose](): void {
    this.#isClosed = true
    this.#watch?.[Symbol.dispose]()
    this.#source.close()
  }

  // ---- PolicySourceSink ----

  document(stored: PolicyText): void {
    if (this.#isClosed) return
    this.#recover()
    this.#isMissing = false
    const last = this.#last
    this.#last = stored
    if (stored.text !== last?.text) this.#read(stored)
    else if (stored.revision === last.revision) return
    else if (this.#isLastGood) this.#follow(stored.revision)
    else this.#read(stored)
  }

  missing(): void {
    if (this.#isClosed) return
    this.#recover()
    if (!this.#isMissing) {
      this.#isMissing = true
      this.#last = undefined
      const { cell } = this.#parts
      const { hash } = cell.value
      cell.set({ ...cell.value, rejected: undefined })
      if (this.#firstWord !== undefined || hash !== undefined) this.#emit('policyRemoved', { hash })
    }
    this.#speak('missing')
  }

  error(error: Error): void {
    if (this.#isClosed) return
    const { cell } = this.#parts
    if (cell.value.failure !== undefined) return
    cell.set({ ...cell.value, failure: error })
    this.#emit('policySourceFailed', { error, hash: cell.value.hash })
  }

  #recover(): void {
    const { cell } = this.#parts
    if (cell.value.failure === undefined) return
    cell.set({ ...cell.value, failure: undefined })
    this.#emit('policySourceRecovered', { hash: cell.value.hash })
  }

  #read({ text, revision }: PolicyText): void {
    const { name } = this.#source
    try {
      const document = parsePolicyText(text, `${name}@${revision}`)
      this.#isLastGood = true
      if (document.hash === this.#parts.cell.value.hash) this.#follow(revision)
      else this.#parts.apply(document, { source: name, revision })
    } catch (thrown) {
      this.#reject(revision, asError(thrown))
      return
    }
    this.#speak('document')
  }

  /** What governs is what the source holds, under this revision. */
  #follow(revision: string): void {
    const { cell } = this.#parts
    cell.set({ ...cell.value, source: this.#source.name, revision, rejected: undefined })
  }

  #reject(revision: string, error: Error): void {
    const { cell, clock } = this.#parts
    this.#isLastGood = false
    cell.set({ ...cell.value, rejected: { revision, error, atMs: clock.now() } })
    this.#emit('policyRejected', { revision, error, hash: cell.value.hash })
    this.#speak(error)
  }

  #speak(word: FirstWord): void {
    this.#firstWord ??= word
    for (const told of this.#waiting.splice(0)) told(word)
  }

  #emit(type: PolicyEvent['type'], about: Omit<PolicyEvent, 'type' | 'atMs' | 'name'>): void {
    const { clock, events } = this.#parts
    events.emit({ type, atMs: clock.now(), name: this.#source.name, ...about })
  }
}
