import type { Duration, Ratio } from '../options/duration.ts'
import { optional } from '../options/field.ts'
import { rootPlace } from '../options/place.ts'
import { duration, ratio } from '../options/quantities.ts'
import { type FieldsOf, type RecordField, record } from '../options/record.ts'
import { text } from '../options/words.ts'

/** How far registries are believed, and what is kept for when they are away. */
export interface DiscoveryOptions {
  /**
   * Largest share of the known instances that may be missing from a registry's list without having said goodbye, within
   * one `dropGrace`, and is believed to be gone. Default 0.5; `1` believes everything.
   */
  readonly maxDropped?: Ratio
  /**
   * How long each of those is kept all the same. Default 8 s, up to `dropGrace`: who lives and has lost its lease takes
   * at most 6.5 s to be registered again. `0` lets them go at once.
   */
  readonly lapseGrace?: Duration
  /** How long those beyond that are kept; then at most the same share goes per grace. Default 30 s, from 1 s to 1 h. */
  readonly dropGrace?: Duration
  /** A folder for the last good list of each service, for starting while no registry answers. Default: none is kept. */
  readonly snapshots?: string
}

export interface ResolvedDiscoveryOptions {
  readonly maxDropped: number
  readonly lapseGraceMs: number
  readonly dropGraceMs: number
  readonly snapshots: string | undefined
}

const LAPSE_GRACE_MS = 8000

/** The option `discovery` of a runtime. */
export const DISCOVERY_OPTIONS: RecordField<ResolvedDiscoveryOptions> = record(
  {
    maxDropped: ratio({ default: 0.5, about: 'Share of the known instances that may go without a goodbye' }),
    lapseGrace: duration({ default: '8s', max: '1h', about: 'How long those are kept, for they may come back' }),
    dropGrace: duration({ default: '30s', min: '1s', max: '1h', about: 'How long those beyond it are kept' }),
    snapshots: optional(text({ about: 'Folder in which the last good lists are kept' })),
  } satisfies FieldsOf<DiscoveryOptions>,
  {
    about: 'How far registries are believed',
    finish(values, at): ResolvedDiscoveryOptions {
      // By default no longer than what is given for many.
      if (values.lapseGraceMs <= values.dropGraceMs) return values
      if (values.lapseGraceMs !== LAPSE_GRACE_MS) throw at.at('lapseGrace').error('longer than dropGrace')
      return { ...values, lapseGraceMs: values.dropGraceMs }
    },
  },
)

export const DEFAULT_DISCOVERY_OPTIONS: ResolvedDiscoveryOptions = DISCOVERY_OPTIONS.resolve({}, rootPlace('discovery'))
