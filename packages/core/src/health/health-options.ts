import type { Duration, Ratio } from '../options/duration.ts'
import { optional, scalar } from '../options/field.ts'
import { orFalse } from '../options/layer.ts'
import { type Place, placeOf } from '../options/place.ts'
import { duration, integer, ratio } from '../options/quantities.ts'
import { type FieldsOf, type RecordField, record } from '../options/record.ts'
import type { EndpointProbe } from '../transport/endpoint-probe.ts'

/** Active checks: each endpoint is asked now and then. Exactly one of `http`, `tcp` and `grpc` says how. */
export interface HealthOptions {
  /** A path that answers 2xx while the endpoint is well: `/readyz`. */
  readonly http?: string | false
  /** A connection can be made. */
  readonly tcp?: boolean
  /** `grpc.health.v1.Health/Check` of that service; `true` for the server as a whole. */
  readonly grpc?: string | boolean
  /** From the start of one check to the start of the next. Default 10 s, at least 1 ms. */
  readonly interval?: Duration
  /** A check that has not ended by then has failed. Default 1 s, at least 1 ms. */
  readonly timeout?: Duration
  /** Checks in a row that must pass before an unhealthy endpoint is used again. Default 3, at least 1. */
  readonly rise?: number
  /** Checks in a row that must fail before an endpoint is not used. Default 2, at least 1. */
  readonly fall?: number
  /** Share by which each interval is drawn longer or shorter. Default 0.2, 0 to 1. */
  readonly jitter?: Ratio
  /** Interval while unhealthy. Default `interval`. */
  readonly unhealthyInterval?: Duration
  /** Interval after a failed check that was not the expected thing: the first ones. Default `unhealthyInterval`. */
  readonly unhealthyEdgeInterval?: Duration
  /** Interval after a passed check that was not the expected thing: the first ones. Default `interval`. */
  readonly healthyEdgeInterval?: Duration
}

export interface ResolvedHealthOptions {
  readonly probe: EndpointProbe
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly rise: number
  readonly fall: number
  readonly jitter: number
  readonly unhealthyIntervalMs: number
  readonly unhealthyEdgeIntervalMs: number
  readonly healthyEdgeIntervalMs: number
}

const path = scalar<string, ''>({
  suffix: '',
  expected: 'a path that begins with / and has no blanks',
  about: 'Healthy while a GET of this path answers 2xx',
  read: (input) => (typeof input === 'string' && /^\/\S*$/.test(input) ? input : undefined),
  hint: (input) => (typeof input === 'string' && /^[^/\s]\S*$/.test(input) ? `; did you mean /${input}?` : ''),
  schema: { type: 'string', pattern: '^/\\S*$' },
})
const tcp = scalar<boolean, ''>({
  suffix: '',
  expected: 'true or false',
  about: 'Healthy while a connection can be made',
  read: (input) => (typeof input === 'boolean' ? input : undefined),
  schema: { type: 'boolean' },
  default: false,
})
const grpc = scalar<string | boolean, ''>({
  suffix: '',
  expected: 'the name of a gRPC service, true (the whole server) or false',
  about: 'Healthy while grpc.health.v1 says SERVING',
  read: (input) => (typeof input === 'boolean' || (typeof input === 'string' && input !== '') ? input : undefined),
  schema: { type: ['string', 'boolean'], minLength: 1 },
  default: false,
})
const interval = (about: string) => optional(duration({ min: '1ms', about }))

/** The description from which validation, defaults and schema follow. */
export const HEALTH_OPTIONS: RecordField<ResolvedHealthOptions> = record(
  {
    http: orFalse(path),
    tcp,
    grpc,
    interval: duration({ default: '10s', min: '1ms', about: 'From the start of one check to that of the next' }),
    timeout: duration({ default: '1s', min: '1ms', about: 'A check that has not ended by then has failed' }),
    rise: integer({ default: 3, min: 1, about: 'Passed checks in a row that make an endpoint healthy again' }),
    fall: integer({ default: 2, min: 1, about: 'Failed checks in a row that make an endpoint unhealthy' }),
    jitter: ratio({ default: 0.2, about: 'Share by which each interval is drawn longer or shorter' }),
    unhealthyInterval: interval('Interval while unhealthy; interval, unless set'),
    unhealthyEdgeInterval: interval('Interval after the first failed checks; unhealthyInterval, unless set'),
    healthyEdgeInterval: interval('Interval after the first passed checks; interval, unless set'),
  } satisfies FieldsOf<HealthOptions>,
  {
    about: 'Asks each endpoint now and then how it is',
    finish: ({ http, tcp, grpc, ...values }, at): ResolvedHealthOptions => {
      const probes: EndpointProbe[] = []
      if (http !== undefined) probes.push({ kind: 'http', path: http })
      if (tcp) probes.push({ kind: 'tcp' })
      if (grpc !== false) probes.push({ kind: 'grpc', service: grpc === true ? '' : grpc })
      const [probe] = probes
      if (probe === undefined || probes.length > 1) {
        const given =
          probes.length === 0 ? 'none is given' : `${probes.map(({ kind }) => kind).join(' and ')} are given`
        throw at.error(`exactly one of http, tcp and grpc says what a check is; ${given}`)
      }
      const { intervalMs } = values
      const unhealthyIntervalMs = values.unhealthyIntervalMs ?? intervalMs
      return {
        ...values,
        probe: Object.freeze(probe),
        unhealthyIntervalMs,
        unhealthyEdgeIntervalMs: values.unhealthyEdgeIntervalMs ?? unhealthyIntervalMs,
        healthyEdgeIntervalMs: values.healthyEdgeIntervalMs ?? intervalMs,
      }
    },
  },
)

/** The options with all defaults filled in, frozen. Throws a ConfigError that names the field under `path`. */
export function resolveHealthOptions(input: HealthOptions, at: string | Place = 'health'): ResolvedHealthOptions {
  return HEALTH_OPTIONS.resolve(input, placeOf(at))
}
