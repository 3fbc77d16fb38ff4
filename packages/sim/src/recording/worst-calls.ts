/**
 * Which calls of users are kept whole: of each stretch of the run the two worst, so that there is one wherever one looks;
 * of each ending the four that took longest; and one ordinary call to compare with. A call that was not good is worse than
 * any that was, and a longer one worse than a shorter. What is kept does not depend on when the run is looked at, so the
 * same seed keeps the same calls.
 */
import type { PolicyDocument } from '@seakeep/core/spi'
import type { CallStory } from './call-story.ts'
import { decidingFields } from './deciding-fields.ts'
import type { CallDetail } from './run-detail.ts'
import { Room, storyDetail } from './story-detail.ts'

const STRETCHES = 24
const OF_STRETCH = 2
const OF_ENDING = 4
/** Calls and attempts written of one call: a request that fans out over a thousand services is cut. */
const MOST_SPANS = 160

interface Kept {
  readonly story: CallStory
  readonly workload: string
  readonly isGood: boolean
}

export class WorstCalls {
  readonly #stretchUs: number
  readonly #stretches: Kept[][] = []
  readonly #endings: Map<string, Kept[]> = new Map()
  #ordinary: Kept | undefined = undefined

  constructor(durationUs: number) {
    this.#stretchUs = Math.max(1, Math.ceil(durationUs / STRETCHES))
  }

  /** A call of a user has ended. */
  offer(one: Kept, ending: string, isMeasured: boolean): void {
    const stretch = Math.floor(one.story.offeredUs / this.#stretchUs)
    this.#stretches[stretch] ??= []
    insert(this.#stretches[stretch] as Kept[], one, OF_STRETCH)
    let list = this.#endings.get(ending)
    if (list === undefined) {
      list = []
      this.#endings.set(ending, list)
    }
    insert(list, one, OF_ENDING)
    if (one.isGood && isMeasured) this.#ordinary ??= one
  }

  /** In the order they were offered. `policies` are those the run had. */
  details(policies: PolicyDocument | undefined): CallDetail[] {
    const kept = new Set<Kept>(this.#stretches.flat())
    for (const list of this.#endings.values()) for (const one of list) kept.add(one)
    if (this.#ordinary !== undefined) kept.add(this.#ordinary)
    return [...kept]
      .sort((a, b) => a.story.offeredUs - b.story.offeredUs || (a.story.id < b.story.id ? -1 : 1))
      .map((one) => detailOf(one, policies))
  }
}

function detailOf({ story, workload, isGood }: Kept, policies: PolicyDocument | undefined): CallDetail {
  const decidedBy = decidingFields(story, policies)
  return {
    id: story.id,
    workload,
    atMs: story.offeredUs / 1000,
    isGood,
    ...callSpans(story),
    ...(decidedBy.length === 0 ? {} : { decidedBy }),
  }
}

/** All that was done for a user's call, as far as there is room. */
export function callSpans(story: CallStory): Pick<CallDetail, 'call' | 'cut'> {
  const room = new Room(MOST_SPANS)
  const call = storyDetail(story, story.offeredUs, room)
  return { call, ...(room.refused === 0 ? {} : { cut: room.refused }) }
}

/** Worst first; among equals the earlier stays. */
function insert(list: Kept[], one: Kept, most: number): void {
  let at = list.length
  while (at > 0 && isWorse(one, list[at - 1] as Kept)) at -= 1
  if (at >= most) return
  list.splice(at, 0, one)
  if (list.length > most) list.pop()
}

function isWorse(a: Kept, b: Kept): boolean {
  return a.isGood === b.isGood ? a.story.tookUs > b.story.tookUs : !a.isGood
}
