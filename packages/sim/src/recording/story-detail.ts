/** The story of a call as it is written into the run document, with instants from the call's being offered on. */
import type { AttemptStory, CallStory } from './call-story.ts'
import { decidedSteps } from './decisions.ts'
import type { AttemptDetail, CallSpanDetail, DecisionDetail } from './run-detail.ts'

/** With instants relative to `zeroUs`; `room` is how many calls and attempts may still be written. */
export function storyDetail(story: CallStory, zeroUs: number, room: Room): CallSpanDetail {
  const { service, method, caller, offeredUs, endedUs, ending, retryStopped } = story
  const attempts = story.attempts.flatMap((attempt) => (room.take() ? [attemptDetail(attempt, zeroUs, room)] : []))
  const decided = decidedSteps(story).map(
    ({ atUs, isBad, ...one }): DecisionDetail => ({
      at: relative(atUs, zeroUs),
      ...one,
      ...(isBad ? { bad: true as const } : {}),
    }),
  )
  return {
    service,
    ...(method === undefined ? {} : { method }),
    by: caller,
    from: relative(offeredUs, zeroUs),
    until: ending === 'open' ? null : relative(endedUs, zeroUs),
    ending,
    ...(retryStopped === undefined ? {} : { stopped: retryStopped }),
    ...(decided.length === 0 ? {} : { decided }),
    attempts,
  }
}

function attemptDetail(attempt: AttemptStory, zeroUs: number, room: Room): AttemptDetail {
  const { number, endpoint, sentUs, endedUs, ending, arrivedUs, begunUs, answeredUs, strikes } = attempt
  const calls = attempt.calls.flatMap((call) => (room.take() ? [storyDetail(call, zeroUs, room)] : []))
  return {
    number,
    to: endpoint,
    from: relative(sentUs, zeroUs),
    until: endedUs < 0 ? null : relative(endedUs, zeroUs),
    ending,
    ...(arrivedUs < 0 ? {} : { arrived: relative(arrivedUs, zeroUs) }),
    ...(begunUs < 0 ? {} : { begun: relative(begunUs, zeroUs) }),
    ...(arrivedUs < 0 || answeredUs < 0 ? {} : { left: relative(answeredUs, zeroUs) }),
    ...(strikes.length === 0 ? {} : { faults: strikes.map(({ fault }) => fault) }),
    ...(calls.length === 0 ? {} : { calls }),
  }
}

/** How much of a tree is written. */
export class Room {
  left: number
  refused = 0

  constructor(left: number) {
    this.left = left
  }

  take(): boolean {
    if (this.left <= 0) {
      this.refused += 1
      return false
    }
    this.left -= 1
    return true
  }
}

function relative(us: number, zeroUs: number): number {
  return (us - zeroUs) / 1000
}
