/**
 * Which calls have their story kept: one that is asked for by its name, or the worst of all: those that failed or came too
 * late before those that did well, and the longest of each first.
 */
import type { CallStory, StoryReader } from './call-story.ts'

export interface DiaryOptions {
  /** The only calls to keep, as `client-17`. */
  readonly calls?: ReadonlySet<string> | undefined
  /** How many of the worst to keep. */
  readonly worst: number
  /** Stories of what was offered before are not kept. */
  readonly fromUs: number
  /** Hears of each call that was not good, kept or not. */
  onBad?(story: CallStory): void
}

export class Diary implements StoryReader {
  readonly kept: CallStory[] = []
  /** Calls of users that have ended, and those of them that were not good. */
  ended = 0
  bad = 0
  readonly #options: DiaryOptions

  constructor(options: DiaryOptions) {
    this.#options = options
  }

  /** Calls that were asked for have themselves explained; of any that might be the worst that would be too much. */
  get isExplained(): boolean {
    return this.#options.calls !== undefined
  }

  /** Whether the story of a user's call is to be told. */
  wants(id: string): boolean {
    const { calls } = this.#options
    return calls === undefined || calls.has(id)
  }

  onEnd(story: CallStory): void {
    const { worst, calls, fromUs, onBad } = this.#options
    if (calls === undefined && story.offeredUs < fromUs) return
    this.ended += 1
    if (!story.isGood) {
      this.bad += 1
      onBad?.(story)
    }
    const { kept } = this
    const last = kept.at(-1)
    if (kept.length >= worst && last !== undefined && badness(story) <= badness(last)) return
    const at = kept.findIndex((other) => badness(other) < badness(story))
    kept.splice(at < 0 ? kept.length : at, 0, story)
    if (kept.length > worst) kept.pop()
  }
}

function badness(story: CallStory): number {
  return (story.isGood ? 0 : 1e15) + (story.endedUs - story.offeredUs)
}
