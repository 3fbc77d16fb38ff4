// gRPC's loadBalancingConfig in the words of a policy: a list of objects with one key, of which the first that is known
// counts (A24).
import type { OutlierOptions, PolicyLayers } from '@seakeep/core'
import {
  bool,
  type Field,
  integer,
  listOf,
  number,
  objectOf,
  optional,
  type Place,
  type RecordField,
  record,
  refined,
  scalar,
} from '@seakeep/core/spi'

export type BalancingConfig = Readonly<Record<string, unknown>>

const SECONDS = /^\d{1,12}(\.\d{1,9})?s$/

/** A duration as protobuf writes it in JSON, in milliseconds. */
export const DURATION: Field<number, ''> = scalar({
  suffix: '',
  expected: 'a duration in seconds, such as "1.5s"',
  read: (input) => (typeof input === 'string' && SECONDS.test(input) ? Number(input.slice(0, -1)) * 1000 : undefined),
  hint: (input) => (typeof input === 'number' ? `; did you mean "${input}s"?` : ''),
  schema: { type: 'string', pattern: SECONDS.source },
})

const CHILD: Field<readonly BalancingConfig[], ''> = listOf(
  scalar({ suffix: '', expected: 'an object', read: (input) => objectOf(input), schema: { type: 'object' } }),
)
const PERCENT = (): Field<number | undefined, ''> => optional(integer({ min: 0, max: 100 }))
const COUNT = (): Field<number | undefined, ''> => optional(integer({ min: 1 }))

const OUTLIER = record({
  interval: optional(DURATION),
  baseEjectionTime: optional(DURATION),
  maxEjectionTime: optional(DURATION),
  maxEjectionPercent: PERCENT(),
  successRateEjection: optional(
    record({
      stdevFactor: optional(integer({ min: 0 })),
      enforcementPercentage: PERCENT(),
      minimumHosts: COUNT(),
      requestVolume: COUNT(),
    }),
  ),
  failurePercentageEjection: optional(
    record({
      threshold: PERCENT(),
      enforcementPercentage: PERCENT(),
      minimumHosts: COUNT(),
      requestVolume: COUNT(),
    }),
  ),
  childPolicy: optional(CHILD),
})
const NOTHING: RecordField<object> = record({})
const LEAST_REQUEST = record({ choiceCount: optional(integer({ min: 2, max: 10 })) })
const RING_HASH = record({ minRingSize: optional(integer({ min: 1 })), maxRingSize: optional(integer({ min: 1 })) })
/** Its client-side weights come from reports of load; ours from `weight`, so these have no meaning here. */
const WEIGHTED = record({
  enableOobLoadReport: optional(bool()),
  oobReportingPeriod: optional(DURATION),
  blackoutPeriod: optional(DURATION),
  weightExpirationPeriod: optional(DURATION),
  weightUpdatePeriod: optional(DURATION),
  errorUtilizationPenalty: optional(number({ min: 0 })),
})
const PICK_FIRST = record({ shuffleAddressList: optional(bool()) })

const read =
  <Out>(field: Field<Out>, make: (value: Out, at: Place) => PolicyLayers) =>
  (input: unknown, at: Place): PolicyLayers =>
    refined(field, make).resolve(input ?? {}, at)

const KNOWN: Readonly<Record<string, (input: unknown, at: Place) => PolicyLayers>> = {
  // One endpoint for all calls, another when it fails.
  pick_first: read(PICK_FIRST, () => ({ loadBalancing: { algorithm: 'random', subset: 1 } })),
  round_robin: read(NOTHING, () => ({ loadBalancing: 'round-robin' })),
  weighted_round_robin: read(WEIGHTED, () => ({ loadBalancing: 'weighted-round-robin' })),
  least_request_experimental: read(LEAST_REQUEST, ({ choiceCount }) => ({
    loadBalancing: { algorithm: 'least-request', ...(choiceCount === undefined ? {} : { choices: choiceCount }) },
  })),
  ring_hash_experimental: read(RING_HASH, () => ({ loadBalancing: 'ring-hash' })),
  outlier_detection: read(OUTLIER, (config, at) => {
    const { childPolicy } = config
    const child = childPolicy === undefined ? {} : balancingOf(childPolicy, at.at('childPolicy'))
    return { ...child, outlier: outlierOf(config) }
  }),
}

/** @throws ConfigError where none of them is known, or the first that is says something wrong. */
export function balancingOf(list: readonly BalancingConfig[], at: Place): PolicyLayers {
  for (const [index, one] of list.entries()) {
    const names = Object.keys(one)
    if (names.length !== 1)
      throw at.at(index).error(`an object with one key, the policy's name; it has ${names.length}`)
    const [name = ''] = names
    const known = Object.hasOwn(KNOWN, name) ? KNOWN[name] : undefined
    if (known !== undefined) return known(one[name], at.at(index).at(name))
  }
  const names = list.flatMap((one) => Object.keys(one))
  throw at.error(
    `none of these is known here: ${names.join(', ') || 'nothing'}; known are ${Object.keys(KNOWN).join(', ')}`,
  )
}

function outlierOf(config: ReturnType<typeof OUTLIER.resolve>): OutlierOptions {
  const { interval, baseEjectionTime, maxEjectionTime, maxEjectionPercent } = config
  const { successRateEjection: rate, failurePercentageEjection: failures } = config
  return compact<OutlierOptions>({
    // Of what gRPC's detection has, failures in a row are none (A50).
    consecutiveFailures: false,
    interval,
    baseEjection: baseEjectionTime,
    maxEjection: maxEjectionTime,
    maxEjected: ratio(maxEjectionPercent),
    successRate:
      rate === undefined
        ? false
        : compact({
            stdevFactor: rate.stdevFactor === undefined ? undefined : rate.stdevFactor / 1000,
            enforce: ratio(rate.enforcementPercentage),
            minimumHosts: rate.minimumHosts,
            requestVolume: rate.requestVolume,
          }),
    failurePercentage:
      failures === undefined
        ? false
        : compact({
            threshold: ratio(failures.threshold),
            enforce: ratio(failures.enforcementPercentage),
            minimumHosts: failures.minimumHosts,
            requestVolume: failures.requestVolume,
          }),
  })
}

function ratio(percent: number | undefined): number | undefined {
  return percent === undefined ? undefined : percent / 100
}

/** Without what is not said. */
function compact<T extends object>(fields: { readonly [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T
}
