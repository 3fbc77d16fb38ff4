import type { Duration, Ratio } from '../options/duration.ts'
import { optional } from '../options/field.ts'
import { type Place, placeOf } from '../options/place.ts'
import { duration, ratio } from '../options/quantities.ts'
import { type FieldsOf, type RecordField, record } from '../options/record.ts'
import { DEFAULT_ORDER, orderField } from './priority-order.ts'

export interface ShedOptions {
  /** The share of its time the event loop may be busy. Default 0.9, above 0 to 1. */
  readonly eventLoopUtilization?: Ratio
  /** How late the event loop may be (99th percentile of a sampling interval). Off unless set; above 0. */
  readonly eventLoopDelay?: Duration
  /** Priorities, the first to be shed first. Default `['sheddable', 'default']`; others are never shed. */
  readonly order?: readonly string[]
}

export interface ResolvedShedOptions {
  readonly eventLoopUtilization: number
  readonly eventLoopDelayMs: number | undefined
  readonly order: readonly string[]
}

/** The description from which validation, defaults and schema follow. */
export const SHED_OPTIONS: RecordField<ResolvedShedOptions> = record(
  {
    eventLoopUtilization: ratio({ default: 0.9, above: 0, about: 'Share of its time the event loop may be busy' }),
    eventLoopDelay: optional(duration({ above: 0, about: 'How late the event loop may be, 99th percentile' })),
    order: orderField(),
  } satisfies FieldsOf<ShedOptions>,
  {
    about: 'Refuses requests while the process has more to do than it can, the least important first',
    finish: ({ order, ...values }): ResolvedShedOptions => ({ ...values, order: order ?? DEFAULT_ORDER }),
  },
)

/** The options with all defaults filled in, frozen. Throws a ConfigError that names the field under `path`. */
export function resolveShedOptions(input: ShedOptions = {}, path: string | Place = 'shed'): ResolvedShedOptions {
  return SHED_OPTIONS.resolve(input, placeOf(path))
}
