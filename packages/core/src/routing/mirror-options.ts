import type { Ratio } from '../options/duration.ts'
import { optional } from '../options/field.ts'
import { type Place, placeOf } from '../options/place.ts'
import { integer, ratio } from '../options/quantities.ts'
import { type FieldsOf, type RecordField, record } from '../options/record.ts'
import { name, oneOf } from '../options/words.ts'
import { version } from './rows.ts'

/** Copies of calls go to another version or another service as well; what comes back is dropped. */
export interface MirrorOptions {
  /** Copies go to this version of the same service. Either this or `service`. */
  readonly version?: string
  /** Copies go to this service, under the policy that calls to it have. Either this or `version`. */
  readonly service?: string
  /** The share of the calls that are copied. Default 1, above 0. */
  readonly ratio?: Ratio
  /**
   * `safe`: only calls that read (GET, HEAD, OPTIONS, or without a method). `all`: those, too, that do something, which
   * is then done twice. Default `safe`.
   */
  readonly methods?: 'safe' | 'all'
  /** Most copies under way; a call beyond that is not copied. Default 100, from 1 to 1e6. */
  readonly maxInFlight?: number
}

export interface ResolvedMirrorOptions {
  readonly target: { readonly version: string } | { readonly service: string }
  readonly ratio: number
  readonly methods: 'safe' | 'all'
  readonly maxInFlight: number
}

/** The description from which validation, defaults and schema follow. */
export const MIRROR_OPTIONS: RecordField<ResolvedMirrorOptions> = record(
  {
    version: optional(version('Copies go to this version of the same service')),
    service: optional(name({ about: 'Copies go to this service' })),
    ratio: ratio({ default: 1, above: 0, about: 'Share of the calls that are copied' }),
    methods: oneOf(['safe', 'all'], {
      default: 'safe',
      about: 'Whether calls are copied that do something, which is then done twice',
    }),
    maxInFlight: integer({ default: 100, min: 1, max: 1e6, about: 'Most copies under way' }),
  } satisfies FieldsOf<MirrorOptions>,
  {
    about: 'Sends copies of calls somewhere else as well, and drops what comes back',
    finish({ version, service, ...rest }, at): ResolvedMirrorOptions {
      if (version !== undefined && service !== undefined) throw at.error('either version or service, not both')
      if (version !== undefined) return { target: Object.freeze({ version }), ...rest }
      if (service !== undefined) return { target: Object.freeze({ service }), ...rest }
      throw at.error('says not where copies go; give version or service')
    },
  },
)

/** The options with all defaults filled in, frozen. Throws a ConfigError that names the field under `path`. */
export function resolveMirrorOptions(input: MirrorOptions, path: string | Place = 'mirror'): ResolvedMirrorOptions {
  return MIRROR_OPTIONS.resolve(input, placeOf(path))
}
