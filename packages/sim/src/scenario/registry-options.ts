/** What a scenario says of its registry. */
import type { Duration, Ratio } from '@seakeep/core'
import { duration, type Field, type FieldsOf, optional, ratio, record } from '@seakeep/core/spi'
import type { Distribution } from '../model/distribution.ts'
import { distribution } from '../model/distribution-field.ts'
import type { DistributionData } from '../model/distributions.ts'

/** The simulated registry, for all services. */
export interface RegistryData {
  /** How long each of those who watch hears of a change after it, drawn for each and change. Default 0. */
  readonly propagation?: DistributionData
  /** How often those who watch ask, instead of being told; each from an instant of its own. Default: they are told. */
  readonly poll?: Duration
  /** How long an instance is kept without a heartbeat. Default 15 s, above 0. */
  readonly ttl?: Duration
  /** Between heartbeats, 20 % up or down. Default a third of `ttl`; below it. */
  readonly heartbeat?: Duration
  /** What its clients believe of it, as the option `discovery` of a runtime: share that may go at once. Default 0.5. */
  readonly maxDropped?: Ratio
  /** How long they keep those beyond that. Default 30 s, from 1 s to 1 h. */
  readonly dropGrace?: Duration
  /** How long they keep any that is missing without a goodbye. Default 8 s (`dropGrace`, where that is shorter), from 0 to 1 h. */
  readonly lapseGrace?: Duration
}

export interface ResolvedRegistryOptions {
  readonly propagation: Distribution | undefined
  readonly pollMs: number | undefined
  readonly ttlMs: number | undefined
  readonly heartbeatMs: number | undefined
  readonly maxDropped: number
  readonly dropGraceMs: number
  readonly lapseGraceMs: number
}

const DEFAULT_TTL_MS = 15_000
const DEFAULT_LAPSE_MS = 8_000

export const REGISTRY: Field<ResolvedRegistryOptions | undefined, ''> = optional(
  record(
    {
      propagation: optional(distribution),
      poll: optional(duration({ above: 0 })),
      ttl: optional(duration({ above: 0 })),
      heartbeat: optional(duration({ above: 0 })),
      maxDropped: ratio({ default: 0.5 }),
      dropGrace: duration({ default: '30s', min: '1s', max: '1h' }),
      lapseGrace: duration({ default: DEFAULT_LAPSE_MS, max: '1h' }),
    } satisfies FieldsOf<RegistryData>,
    {
      finish(options, at): ResolvedRegistryOptions {
        const { ttlMs = DEFAULT_TTL_MS, heartbeatMs, dropGraceMs, lapseGraceMs } = options
        if (heartbeatMs !== undefined && heartbeatMs >= ttlMs) {
          throw at
            .at('heartbeat')
            .error(`${heartbeatMs} ms is not below ttl, which is ${ttlMs} ms: no lease would last`)
        }
        if (lapseGraceMs <= dropGraceMs) return options
        if (lapseGraceMs !== DEFAULT_LAPSE_MS) throw at.at('lapseGrace').error('longer than dropGrace')
        return { ...options, lapseGraceMs: dropGraceMs }
      },
    },
  ),
)
