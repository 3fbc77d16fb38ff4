import type { Duration } from '../options/duration.ts'
import { type Field, missing, optional } from '../options/field.ts'
import { type Place, placeOf } from '../options/place.ts'
import { duration, integer } from '../options/quantities.ts'
import { type FieldsOf, type RecordField, record } from '../options/record.ts'
import { oneOf } from '../options/words.ts'
import {
  type LimitAlgorithmName,
  type ResolvedAdaptiveOptions,
  refuseBounds,
  resolveAdaptive,
} from './limit-options.ts'
import { type Discipline, type ResolvedLineOptions, resolveLine } from './line-options.ts'
import { orderField } from './priority-order.ts'

export {
  RATE_LIMIT_OPTIONS,
  type RateLimitOptions,
  type ResolvedRateLimitOptions,
  resolveRateLimitOptions,
} from './rate-limit-options.ts'

export interface ConcurrencyOptions {
  /** Attempts that may be under way at once. At least 1, to 1e6. Required, unless an algorithm finds it. */
  readonly limit?: number
  /** Finds the limit by what latency and drops tell. Default `fixed`, which `limit` says. */
  readonly algorithm?: 'fixed' | LimitAlgorithmName
  /** Lowest limit the algorithm may set. Default 20 (gradient, aimd) or 1 (vegas), no more than `max`. */
  readonly min?: number
  /** Highest limit the algorithm may set. Default 200 (gradient, aimd) or 1000 (vegas). */
  readonly max?: number
  /** The limit it begins with. Default 20, within `min` and `max`. */
  readonly initial?: number
  /** Places in the waiting line; an attempt that finds it full is refused. Default 0, to 1e6. */
  readonly queue?: number
  /** Longest wait in the line; 0 is allowed. Default: the attempt timeout, else 1 s. */
  readonly maxWait?: Duration
  /** Who is served next: `fifo` (default), `lifo` under overload, `codel`, `priority`. */
  readonly discipline?: Discipline
  /** What waits longer than this stands in a line too long. For lifo and codel. Default 5 ms, above 0. */
  readonly target?: Duration
  /** Overloaded is a line in which all waited longer than `target` for so long. For lifo and codel. Default 100 ms. */
  readonly interval?: Duration
  /** Priorities, the first to be given up first. For `priority`. Default `['sheddable', 'default']`; others rank above. */
  readonly order?: readonly string[]
}

export interface ResolvedConcurrencyOptions {
  /** The limit, or what an algorithm begins with. */
  readonly limit: number
  readonly queue: number
  /** Undefined where it follows the attempt timeout. */
  readonly maxWaitMs: number | undefined
  /** Undefined where the limit does not move. */
  readonly adaptive?: ResolvedAdaptiveOptions | undefined
  /** Undefined where the line is first come, first served. */
  readonly line?: ResolvedLineOptions | undefined
}

const LIMIT = integer({ min: 1, max: 1e6, about: 'Attempts that may be under way at once' })
const bound = (about: string): Field<number | undefined, ''> => optional(integer({ min: 1, max: 1e6, about }))

const FIELDS: RecordField<ResolvedConcurrencyOptions> = record(
  {
    // Asked for as if it were required: what has neither it nor an algorithm is no limit at all.
    limit: { ...optional(LIMIT), isRequired: true, expected: LIMIT.expected },
    algorithm: oneOf(['fixed', 'gradient', 'vegas', 'aimd'], { default: 'fixed', about: 'What finds the limit' }),
    min: bound('Lowest limit the algorithm may set'),
    max: bound('Highest limit the algorithm may set'),
    initial: bound('The limit the algorithm begins with'),
    queue: integer({ default: 0, min: 0, max: 1e6, about: 'Places in the waiting line' }),
    maxWait: optional(duration({ about: 'Longest wait in the line; by default the attempt timeout, else 1 s' })),
    discipline: oneOf(['fifo', 'lifo', 'codel', 'priority'], { default: 'fifo', about: 'Who is served next' }),
    target: optional(duration({ above: 0, about: 'What waits longer stands in a line too long; by default 5 ms' })),
    interval: optional(
      duration({ above: 0, about: 'How long a line is too long before it counts; by default 100 ms' }),
    ),
    order: orderField(),
  } satisfies FieldsOf<ConcurrencyOptions>,
  {
    about: 'Bounds how many attempts are under way',
    finish(values, at): ResolvedConcurrencyOptions {
      const { limit, algorithm, queue, maxWaitMs } = values
      const line = resolveLine(values, at)
      if (algorithm === 'fixed') {
        if (limit === undefined) throw missing(at.at('limit'), LIMIT.expected)
        refuseBounds(values, at)
        return { limit, queue, maxWaitMs, adaptive: undefined, line }
      }
      if (limit !== undefined) throw at.at('limit').error(`not with algorithm ${algorithm}; use min, max and initial`)
      const adaptive = resolveAdaptive(algorithm, values, at)
      return { limit: adaptive.initial, queue, maxWaitMs, adaptive, line }
    },
  },
)

/** The description from which validation, defaults and schema follow. */
export const CONCURRENCY_OPTIONS: RecordField<ResolvedConcurrencyOptions> = {
  ...FIELDS,
  schema(use) {
    const { required: _, ...schema } = FIELDS.schema(use)
    return use.isFragment ? schema : { ...schema, anyOf: [{ required: ['limit'] }, { required: ['algorithm'] }] }
  },
}

/** The options with all defaults filled in, frozen. Throws a ConfigError that names the field under `path`. */
export function resolveConcurrencyOptions(
  input: ConcurrencyOptions,
  path: string | Place = 'concurrency',
): ResolvedConcurrencyOptions {
  return CONCURRENCY_OPTIONS.resolve(input, placeOf(path))
}
