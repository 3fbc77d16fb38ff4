import { asError, type LockSink, RetryWait, type Timer } from '@seakeep/core/spi'
import { objectAt, parseAnswer, textAt } from './answer-reader.ts'
import type { ConsulAnswer, ConsulClient, ConsulQuestion } from './consul-client.ts'
import { kvPath, readKv, readVerdict } from './kv.ts'
import { later } from './later.ts'
import { hasSession, type KeyView, type LockState, renewed, viewOf } from './lock-state.ts'
import { LongPoll, type PollParts, type PollSink } from './long-poll.ts'

/** Waits before another session or another try. */
const RETRY_MS = 200
const MAX_RETRY_MS = 5000
/** After a session that ended without a word Consul gives the lock to nobody for so long. */
const LOCK_DELAY = '1s'

/**
 * One who wants a lock. A session with a TTL, which no check of a node can end; a key that it holds; a poll of that key,
 * by which a release is noticed, somebody else's or one of our own by another hand.
 *
 * Lost is what is no longer sure: when no renewal has been answered for the TTL, by our own clock, before anybody else
 * can have it.
 */
export class LockHolder implements PollSink {
  readonly #key: string
  readonly #ttlMs: number
  readonly #sink: LockSink
  readonly #client: ConsulClient
  readonly #parts: PollParts
  readonly #waits: RetryWait
  #state: LockState = { at: 'idle' }
  #poll: LongPoll | undefined = undefined
  #renewal: Timer | undefined = undefined
  #doubt: Timer | undefined = undefined
  #retry: Timer | undefined = undefined
  /** Counts the ways to the lock that were begun: answers to an earlier one are not heard. */
  #way = 0
  /** What the poll saw last, to be compared with a read that it may have overtaken. */
  #seen: { readonly view: KeyView; readonly index: number } = { view: 'taken', index: 0 }
  #isInterrupted = false
  #isClosed = false

  constructor(key: string, ttlMs: number, sink: LockSink, client: ConsulClient, parts: PollParts) {
    this.#key = key
    this.#ttlMs = ttlMs
    this.#sink = sink
    this.#client = client
    this.#parts = parts
    this.#waits = new RetryWait(RETRY_MS, MAX_RETRY_MS, parts.ports.random, `consul lock ${key}`)
  }

  start(): void {
    this.#createSession()
  }

  /** Gives the lock back, without waiting for the answer. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    const state = this.#state
    this.#rest()
    this.#retry?.cancel()
    if (hasSession(state)) this.#destroy(state.session)
  }

  // ---- PollSink ----

  answer(answer: ConsulAnswer, isDegraded: boolean): void {
    if (isDegraded) return
    const entry = readKv(answer)
    const view = viewOf(this.#state, entry?.session)
    this.#seen = { view, index: entry?.modifyIndex ?? Number.POSITIVE_INFINITY }
    if (this.#state.at === 'held' && view !== 'mine') this.#lose(new Error(`the lock ${this.#key} was taken away`))
    else if (this.#state.at === 'waiting' && view !== 'taken') this.#take()
  }

  error(error: Error): void {
    this.#tellError(error)
  }

  // ---- session ----

  #createSession(): void {
    const sentMs = this.#now
    this.#state = { at: 'creating' }
    const body = {
      Name: this.#key,
      TTL: `${Math.ceil(this.#ttlMs)}ms`,
      Behavior: 'release',
      LockDelay: LOCK_DELAY,
      NodeChecks: [],
      Checks: [],
    }
    this.#ask({ method: 'PUT', path: '/session/create', body: JSON.stringify(body) }, (answer) => {
      const session = textAt(objectAt(parseAnswer(answer.body), '').ID, 'ID')
      if (this.#isClosed) return this.#destroy(session)
      this.#isInterrupted = false
      this.#seen = { view: 'taken', index: 0 }
      this.#state = { at: 'waiting', session, untilMs: sentMs + this.#ttlMs }
      this.#armDoubt()
      this.#renewIn(this.#ttlMs / 3)
      this.#poll = new LongPoll(`${kvPath(this.#key)}?consistent`, this, this.#parts)
      this.#poll.start()
    })
  }

  #renewIn(delayMs: number): void {
    this.#renewal?.cancel()
    this.#renewal = later(this.#parts.ports.clock, delayMs, () => this.#renew())
  }

  #renew(): void {
    const { state, sentMs } = { state: this.#state, sentMs: this.#now }
    if (!hasSession(state)) return
    const { session } = state
    this.#client.ask({ method: 'PUT', path: `/session/renew/${session}` }, (result) => {
      const present = this.#state
      if (!hasSession(present) || present.session !== session) return
      if (result instanceof Error) {
        this.#tellError(result)
        this.#renewIn(this.#ttlMs / 10)
      } else if (result.status === 404) {
        this.#lose(new Error(`the session of the lock ${this.#key} has ended`))
      } else {
        const next = renewed(present, sentMs, this.#now, this.#ttlMs)
        if (next === undefined) return this.#lose(this.#inDoubt())
        this.#state = next
        this.#isInterrupted = false
        this.#armDoubt()
        this.#renewIn(this.#ttlMs / 3)
      }
    })
  }

  #armDoubt(): void {
    this.#doubt?.cancel()
    if (!hasSession(this.#state)) return
    this.#doubt = later(this.#parts.ports.clock, this.#state.untilMs - this.#now, () => this.#lose(this.#inDoubt()))
  }

  #inDoubt(): Error {
    return new Error(`the session of the lock ${this.#key} was not renewed for ${this.#ttlMs} ms`)
  }

  #destroy(session: string): void {
    // Ending the session would put the lock under its delay; giving it back does not.
    const path = `${kvPath(this.#key)}?release=${session}`
    this.#client.ask({ method: 'PUT', path }, () => {})
    this.#client.ask({ method: 'PUT', path: `/session/destroy/${session}` }, () => {})
  }

  // ---- key ----

  #take(): void {
    const state = this.#state
    if (!hasSession(state)) return
    const { session } = state
    this.#state = { ...state, at: 'acquiring' }
    const path = `${kvPath(this.#key)}?acquire=${session}`
    this.#ask({ method: 'PUT', path, body: session }, (answer) => {
      if (!this.#isAcquiring(session)) return
      if (readVerdict(answer)) this.#look(session)
      else this.#takeLater(session)
    })
  }

  /** Free, and not given to us: under its delay, or somebody was faster, which the poll will show. */
  #takeLater(session: string): void {
    this.#retry = later(this.#parts.ports.clock, this.#waits.next(), () => {
      if (this.#isAcquiring(session)) this.#look(session)
    })
  }

  /** Reads the key back: its index is the fence. */
  #look(session: string): void {
    this.#ask({ method: 'GET', path: `${kvPath(this.#key)}?consistent` }, (answer) => {
      const state = this.#state
      if (state.at !== 'acquiring' || state.session !== session) return
      const entry = readKv(answer)
      const view = viewOf(state, entry?.session)
      this.#state = { ...state, at: 'waiting' }
      const isFreed = view === 'taken' && this.#seen.view === 'free' && this.#seen.index > (entry?.modifyIndex ?? 0)
      if (view === 'free' || isFreed) this.#take()
      if (view !== 'mine' || entry === undefined || this.#now >= state.untilMs) return
      this.#state = { ...state, at: 'held' }
      this.#waits.reset()
      this.#tell(() => this.#sink.acquired(BigInt(entry.modifyIndex)))
    })
  }

  #isAcquiring(session: string): boolean {
    return this.#state.at === 'acquiring' && this.#state.session === session
  }

  // ---- endings ----

  /** The session is of no use any more: a new one is asked for, and with it the lock. */
  #lose(error: Error): void {
    const state = this.#state
    this.#rest()
    if (hasSession(state)) this.#destroy(state.session)
    this.#again()
    if (state.at === 'held') this.#tell(() => this.#sink.lost(error))
  }

  #rest(): void {
    this.#way++
    this.#state = { at: 'idle' }
    this.#poll?.close()
    this.#renewal?.cancel()
    this.#doubt?.cancel()
  }

  #again(): void {
    this.#retry?.cancel()
    this.#retry = later(this.#parts.ports.clock, this.#waits.next(), () => this.#createSession())
  }

  /** A step on the way to the lock: where it fails, the way begins anew. */
  #ask(question: ConsulQuestion, step: (answer: ConsulAnswer) => void): void {
    const way = this.#way
    this.#client.ask(question, (result) => {
      // Closed, it is still heard: a session that was made meanwhile is ended.
      if (way !== this.#way && !this.#isClosed) return
      try {
        if (result instanceof Error) throw result
        if (result.status === 404 && question.method === 'PUT')
          throw new Error(`consul knows nothing at ${question.path}`)
        step(result)
      } catch (thrown) {
        if (this.#isClosed) return
        this.#tellError(asError(thrown))
        this.#lose(asError(thrown))
      }
    })
  }

  #tellError(error: Error): void {
    if (this.#isInterrupted || this.#isClosed) return
    this.#isInterrupted = true
    this.#tell(() => this.#sink.error(error))
  }

  #tell(tell: () => void): void {
    if (this.#isClosed) return
    try {
      tell()
    } catch (thrown) {
      const { clock, events } = this.#parts.ports
      events.emit({ type: 'listenerFailed', atMs: clock.now(), error: asError(thrown) })
    }
  }

  get #now(): number {
    return this.#parts.ports.clock.now()
  }
}
