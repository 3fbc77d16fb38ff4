/**
 * `eventLoop`: an instance that is a Node process. One thread runs everything: `work` is CPU time on it, one piece after
 * the other, `wait` is time that passes beside it. `concurrency` then says how many requests may be in progress, not how
 * many are worked on.
 */
import { bool, byKind, type Field, type FieldsOf, oneOf, optional, record, refined } from '@seakeep/core/spi'
import type { Distribution } from '../model/distribution.ts'
import { distribution } from '../model/distribution-field.ts'
import type { DistributionData } from '../model/distributions.ts'

export interface EventLoopData {
  /**
   * How pieces of work share the loop. `fifo` (default): each to its end, in the order they are ready, as code that does
   * not yield. `processor-sharing`: all at once, each at its share, as code that yields after every slice.
   */
  readonly processor?: 'fifo' | 'processor-sharing'
  /** Garbage collections that stop the loop: the time between two, and how long each takes. Default none. */
  readonly gc?: CollectionsData
}
export interface CollectionsData {
  /** From the end of one, or the start of the process, to the next; a mean of at least 1 ms. */
  readonly every: DistributionData
  readonly pause: DistributionData
}

export interface ResolvedEventLoop {
  readonly processor: 'fifo' | 'processor-sharing'
  readonly gc: { readonly every: Distribution; readonly pause: Distribution } | undefined
}

const gc = record({ every: distribution, pause: distribution } satisfies FieldsOf<CollectionsData>, {
  about: 'garbage collections that stop the loop',
  finish(given, at): NonNullable<ResolvedEventLoop['gc']> {
    if (given.every.meanMs >= 1) return given
    throw at.at('every').error('its mean is below 1 ms; collections are at least that far apart')
  },
})

const options = record(
  {
    processor: oneOf(['fifo', 'processor-sharing'], { default: 'fifo' }),
    gc: optional(gc),
  } satisfies FieldsOf<EventLoopData>,
  { finish: (given): ResolvedEventLoop => given },
)

const PLAIN: ResolvedEventLoop = Object.freeze({ processor: 'fifo', gc: undefined })

/** `true` is the loop without collections, `false` none. */
export const eventLoop: Field<ResolvedEventLoop | undefined, ''> = optional(
  byKind({ boolean: refined(bool(), (isThere) => (isThere ? PLAIN : undefined)), object: options }),
)
