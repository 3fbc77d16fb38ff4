/** How long the instances of a service take to leave. */
import type { Duration } from '@seakeep/core'
import { duration, durationText, type Field, type FieldsOf, record } from '@seakeep/core/spi'

/** How an instance of the service leaves where it is drained. */
export interface DrainTimesData {
  /** How long clients are given to learn that an instance leaves. Default 5 s, to 30 s. */
  readonly spread?: Duration
  /** How long what is in flight then has to end. Default 25 s, and 30 s together. */
  readonly finish?: Duration
}

export interface ResolvedDrainTimes {
  readonly spreadMs: number
  readonly finishMs: number
}

const MOST_MS = 30_000

export const DRAIN_TIMES: Field<ResolvedDrainTimes, ''> = record(
  {
    spread: duration({ default: '5s', max: '30s' }),
    finish: duration({ default: '25s', max: '30s' }),
  } satisfies FieldsOf<DrainTimesData>,
  {
    finish(times, at): ResolvedDrainTimes {
      const togetherMs = times.spreadMs + times.finishMs
      if (togetherMs <= MOST_MS) return times
      throw at.error(`spread and finish are ${durationText(togetherMs)} together; at most ${durationText(MOST_MS)}`)
    },
  },
)

export const DEFAULT_DRAIN_TIMES: ResolvedDrainTimes = { spreadMs: 5000, finishMs: 25_000 }
