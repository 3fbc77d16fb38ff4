/**
 * A call's story as steps in the order of time: each with who, what, and what was said of it. What the pipeline's own
 * record of a call says (candidates and their cost, permits, the budget) is laid between them by its instants.
 */
import type { AttemptStory, CallStory, Strike } from '../../recording/call-story.ts'
import { type DecidedStep, decidedSteps } from '../../recording/decisions.ts'
import type { RunEvent } from '../../recording/run-document.ts'
import { lengthOfTime } from '../../reporting/figures.ts'
import { openingBefore } from './causes.ts'

export interface Step {
  readonly atUs: number
  /** How deep below the user's call. */
  readonly depth: number
  /** Who does it: `orders#7`. */
  readonly who: string
  /** `call`, `attempt 1`, `fault`, `wait`, `work`, `answer`, `retry`, `end`; of decisions `pick`, `permit`, `budget`, … */
  readonly what: string
  readonly said: string
  readonly isBad: boolean
  /** Up to the instant the call is good until, in ms; undefined for none. */
  readonly leftMs: number | undefined
}

export function stepsOf(story: CallStory, events: readonly RunEvent[]): readonly Step[] {
  const telling = new Telling(story.judgeUs, story.endedUs, events)
  telling.call(story, 0)
  return telling.steps
    .map((step, i) => ({ step, i }))
    .sort((a, b) => a.step.atUs - b.step.atUs || a.i - b.i)
    .map(({ step }) => step)
}

class Telling {
  readonly steps: Step[] = []
  readonly #judgeUs: number
  readonly #endUs: number
  readonly #events: readonly RunEvent[]

  constructor(judgeUs: number, endUs: number, events: readonly RunEvent[]) {
    this.#judgeUs = judgeUs
    this.#endUs = endUs
    this.#events = events
  }

  call(story: CallStory, depth: number): void {
    const { caller, service, method, attempts } = story
    this.#add(story.offeredUs, depth, caller, 'call', `${service}${method === undefined ? '' : `/${method}`}`)
    const decided = decidedSteps(story)
    const decide = (one: DecidedStep): void => this.#add(one.atUs, depth, caller, one.what, one.said, one.isBad)
    const paid = (one: DecidedStep): boolean => one.what === 'budget'
    attempts.forEach((attempt, i) => {
      const before = attempts[i - 1]
      const own = decided.filter(({ after }) => after === i)
      own.filter(paid).forEach(decide)
      if (before !== undefined && before.endedUs >= 0) {
        const waited = attempt.sentUs - before.endedUs
        this.#add(attempt.sentUs, depth, caller, 'retry', waited > 0 ? `after a backoff of ${ms(waited)}` : 'at once')
      }
      own.filter((one) => !paid(one)).forEach(decide)
      this.#attempt(story, attempt, depth)
    })
    decided.filter(({ after }) => after >= attempts.length).forEach(decide)
    if (story.endedUs >= 0) {
      const isBad = story.ending !== 'ok'
      this.#add(story.endedUs, depth, caller, 'end', this.#endOf(story), isBad)
    }
  }

  #endOf(story: CallStory): string {
    const { ending, retryStopped, attempts } = story
    const took = ` after ${ms(story.endedUs - story.offeredUs)}`
    if (ending === 'open') return `still open${took}`
    if (ending === 'circuit-open') {
      const opened = openingBefore(story, this.#events)
      const why = opened === undefined ? '' : `: open since ${clock(opened.atMs)}, ${String(opened.why)}`
      return `refused by the circuit breaker${why}`
    }
    const stopped = retryStopped === undefined ? '' : `; ${STOPPED[retryStopped]}`
    if (ending === 'ok') return `ok${took}`
    return attempts.length === 0 ? `${ending}, nothing was sent` : `${ending}${took}${stopped}`
  }

  #attempt(story: CallStory, attempt: AttemptStory, depth: number): void {
    const { number, endpoint, sentUs, arrivedUs, begunUs, answeredUs, endedUs, answer } = attempt
    this.#add(sentUs, depth, story.caller, `attempt ${number}`, `to ${endpoint}`)
    if (arrivedUs >= 0 && begunUs < 0 && answer === 'refused') {
      this.#add(answeredUs, depth + 1, endpoint, 'refusal', `${waitedText(answeredUs - arrivedUs)}refused`, true)
    } else if (arrivedUs >= 0 && begunUs < 0 && answer === undefined) {
      this.#add(
        arrivedUs,
        depth + 1,
        endpoint,
        'wait',
        `in line, for ${ms(this.#endUs - arrivedUs)} and no worker yet`,
        true,
      )
    } else if (begunUs > arrivedUs) {
      this.#add(begunUs, depth + 1, endpoint, 'wait', `${ms(begunUs - arrivedUs)} in line for a worker`)
    }
    for (const strike of attempt.strikes) {
      const at = begunUs < 0 ? arrivedUs : begunUs
      this.#add(at, depth + 1, endpoint, 'fault', `${strike.fault}: ${struckText(strike)}`, true)
    }
    for (const call of attempt.calls) this.call(call, depth + 1)
    if (begunUs >= 0 && answeredUs >= 0) {
      const isLate = endedUs >= 0 && answeredUs > endedUs
      const late = isLate ? ', which nobody waits for any more' : ''
      const said = `${answer} after ${ms(answeredUs - begunUs)} of work${late}`
      this.#add(answeredUs, depth + 1, endpoint, 'answer', said, answer !== 'ok' || isLate)
    }
    const { mishap } = attempt
    if (mishap !== undefined) {
      const by = mishap.by === undefined ? '' : `: ${mishap.by}`
      const said = mishap.how === 'lost' ? `${mishap.what} lost on its way${by}` : `connection reset${by}`
      this.#add(mishap.atUs, depth + 1, endpoint, mishap.by === undefined ? 'network' : 'fault', said, true)
    }
    if (attempt.ending !== 'ok' && endedUs >= 0) {
      this.#add(
        endedUs,
        depth,
        story.caller,
        `attempt ${number}`,
        `${attempt.ending} after ${ms(endedUs - sentUs)}`,
        true,
      )
    }
  }

  #add(atUs: number, depth: number, who: string, what: string, said: string, isBad = false): void {
    const leftMs = Number.isFinite(this.#judgeUs) ? (this.#judgeUs - atUs) / 1000 : undefined
    this.steps.push({ atUs, depth, who, what, said, isBad, leftMs })
  }
}

const STOPPED = {
  attempts: 'no retry, its attempts are used up',
  deadline: 'no retry, the deadline is too near',
  'retry-budget': 'no retry, the retry budget is empty',
}

function struckText({ change }: Strike): string {
  if (change.kind === 'error') return 'answered with an error'
  if (change.kind === 'hang') return 'taken and never answered'
  if (change.kind === 'add') return `${lengthOfTime(change.addMs)} more work`
  return change.kind === 'factor'
    ? `work takes ${change.factor} times as long`
    : `work takes ${lengthOfTime(change.toMs)}`
}

function waitedText(us: number): string {
  return us > 0 ? `waited ${ms(us)}, then ` : ''
}

function ms(us: number): string {
  return lengthOfTime(us / 1000)
}

function clock(atMs: number): string {
  const seconds = Math.floor(atMs / 1000)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
