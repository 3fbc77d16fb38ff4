/**
 * What happened to one call, as far as the simulator sees it: when it was offered, each attempt with where it went, how
 * long it waited and was worked on, which faults struck it, the calls that were made for it, and how all that ended; and
 * with it what its caller's runtime decided. Plain instants; what they mean is said by whoever reads the story.
 */
import type { Explanation } from '@seakeep/core'
import type { CallOutcome } from '@seakeep/core/spi'
import type { ServerChange } from '../model/server-faults.ts'

/** What a call is told when its story begins. */
interface Begun {
  readonly key: number
  readonly judgeUs: number
  readonly deadlineMs: number
}

/** Who hears when a call of a user has ended. */
export interface StoryReader {
  onEnd(story: CallStory): void
}

export class CallStory {
  /** Of a user's call `client-17`; of a call made for another, the same with its way: `client-17/2/1`. */
  readonly id: string
  /** The host that made it: `orders#7`. */
  caller = ''
  service = ''
  method: string | undefined = undefined
  offeredUs = 0
  /** The instant its goodput is judged by, and the deadline it was handed; `Infinity` for none. */
  judgeUs: number = Number.POSITIVE_INFINITY
  deadlineUs: number = Number.POSITIVE_INFINITY
  /** Below 0 while it is open. */
  endedUs = -1
  ending = 'open'
  /** Why it was not tried again. */
  retryStopped: CallOutcome['retryStopped'] = undefined
  /** Its deadline, and not that of its last attempt, ended it. */
  isOverdue = false
  readonly attempts: AttemptStory[] = []
  /** Its caller's pipeline writes down what it decides, and so do those of all calls that are made for it. */
  readonly isExplained: boolean
  /** What the pipeline wrote down of it, as `rt.explain` gives it in production. */
  explain: (() => Explanation) | undefined = undefined
  /** How far the clock of its caller, by which that was written down, was ahead of the run's. */
  clockAheadUs = 0
  readonly #reader: StoryReader | undefined

  constructor(id: string, reader: StoryReader | undefined, isExplained: boolean) {
    this.id = id
    this.isExplained = isExplained
    this.#reader = reader
  }

  /** Of a user's call, whose story was begun before it was known where it goes. */
  open(caller: string, service: string, method: string | undefined, begun: Begun, nowUs: number): CallStory {
    this.caller = caller
    this.service = service
    this.method = method
    this.offeredUs = nowUs
    this.judgeUs = begun.judgeUs
    this.deadlineUs = begun.deadlineMs * 1000
    return this
  }

  attempt(number: number, endpoint: string, nowUs: number): AttemptStory {
    const attempt = new AttemptStory(this, number, endpoint, nowUs)
    this.attempts.push(attempt)
    return attempt
  }

  end(outcome: CallOutcome, nowUs: number): void {
    this.retryStopped = outcome.retryStopped
    this.isOverdue = outcome.deadlineExceeded === true
    this.#close(outcome.ending, nowUs)
  }

  /** Its caller has crashed. */
  abandon(nowUs: number): void {
    this.#close('cancelled', nowUs)
  }

  /** The run is over, and its user has waited too long already. */
  leaveOpen(nowUs: number): void {
    this.#close('open', nowUs)
  }

  get tookUs(): number {
    return this.endedUs - this.offeredUs
  }

  get isGood(): boolean {
    return this.ending === 'ok' && this.endedUs <= this.judgeUs
  }

  #close(ending: string, nowUs: number): void {
    this.ending = ending
    this.endedUs = nowUs
    this.#reader?.onEnd(this)
  }
}

/** A fault that struck the request itself, and what it did. */
export interface Strike {
  readonly fault: string
  readonly change: ServerChange
}

/** What the network did to a message of the attempt; `by` is undefined where no fault was to blame. */
export interface Mishap {
  readonly what: 'request' | 'answer'
  readonly how: 'lost' | 'reset'
  readonly by: string | undefined
  readonly atUs: number
}

/** One attempt. Instants below 0 have not come. */
export class AttemptStory {
  readonly number: number
  readonly endpoint: string
  readonly sentUs: number
  arrivedUs = -1
  begunUs = -1
  answeredUs = -1
  /** What the server answered: `ok`, `error`, `refused`, … */
  answer: string | undefined = undefined
  /** As its caller saw it. */
  endedUs = -1
  ending = 'open'
  readonly strikes: Strike[] = []
  mishap: Mishap | undefined = undefined
  /** Made while it was worked on, in the order they were made. */
  readonly calls: CallStory[] = []
  readonly #call: CallStory

  constructor(call: CallStory, number: number, endpoint: string, nowUs: number) {
    this.#call = call
    this.number = number
    this.endpoint = endpoint
    this.sentUs = nowUs
  }

  get isExplained(): boolean {
    return this.#call.isExplained
  }

  /** A call is made for it. */
  open(caller: string, service: string, method: string | undefined, begun: Begun, nowUs: number): CallStory {
    const way = `${this.number}.${this.calls.length + 1}`
    const call = new CallStory(`${this.#call.id}/${way}`, undefined, this.isExplained)
    this.calls.push(call)
    return call.open(caller, service, method, begun, nowUs)
  }

  arrived(nowUs: number): void {
    this.arrivedUs = nowUs
  }
  begun(nowUs: number): void {
    this.begunUs = nowUs
  }
  struck(fault: string, change: Strike['change']): void {
    this.strikes.push({ fault, change })
  }
  answered(answer: string, nowUs: number): void {
    if (this.answer !== undefined) return
    this.answer = answer
    this.answeredUs = nowUs
  }
  end(ending: string, nowUs: number): void {
    this.ending = ending
    this.endedUs = nowUs
  }
}
