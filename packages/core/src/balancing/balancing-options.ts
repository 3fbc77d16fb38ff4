import { mapOf } from '../options/collections.ts'
import type { Duration, Ratio } from '../options/duration.ts'
import { type Field, notAllowed, optional } from '../options/field.ts'
import { layer, orFalse } from '../options/layer.ts'
import { type Place, placeOf } from '../options/place.ts'
import { duration, integer, number, ratio } from '../options/quantities.ts'
import { type FieldsOf, objectOf, type RecordField, record } from '../options/record.ts'
import { byKind } from '../options/shapes.ts'
import { oneOf, text } from '../options/words.ts'

export type BalancingAlgorithm =
  | 'round-robin'
  | 'weighted-round-robin'
  | 'random'
  | 'least-request'
  | 'p2c'
  | 'p2c-ewma'
  | 'ring-hash'
  | 'maglev'

/** How endpoints are picked, and from which of them. A word alone is that algorithm with all defaults. */
export interface BalancingOptions {
  /** Default `p2c-ewma`. */
  readonly algorithm?: BalancingAlgorithm
  /** Of `least-request`: endpoints compared for each attempt, 2 to 10, or `all` (whose cost grows with them). Default 2. */
  readonly choices?: number | 'all'
  /** Of `least-request`: how much attempts in flight count against weight, 0 to 10. Default 1. */
  readonly bias?: number
  /** Of `ring-hash` and `maglev`: most that an endpoint takes, as a multiple of its share; above 1, to 10. Off by default. */
  readonly hashBalance?: number | false
  /** How many endpoints (of each priority) this client uses, at least 1. All by default. */
  readonly subset?: number | false
  /** Endpoints with `meta.priority` 1, 2, … get what those before them cannot take. On; `false` takes all as one. */
  readonly priorities?: PriorityOptions | boolean
  /** Keeps traffic in the client's own zone as far as nobody is loaded more for it. Off by default. */
  readonly zoneAware?: ZoneOptions | boolean
  /** Below this share of healthy endpoints health is ignored; 0 never. Default 0.5. */
  readonly panicThreshold?: Ratio
  /** Little traffic at first for an endpoint that is new or healthy again. Off by default. */
  readonly slowStart?: SlowStartOptions | boolean
}
export interface PriorityOptions {
  /** A priority loses traffic when healthy / total × this is below 1. Default 1.4, 1 to 10. */
  readonly overprovisioning?: number
}
export interface ZoneOptions {
  /** The client's own zone. Default: that of the runtime. */
  readonly zone?: string
  /** Off where there are fewer endpoints. Default 6, at least 1. */
  readonly minEndpoints?: number
  /** How many clients each zone has. Default: as many in every zone. */
  readonly callers?: { readonly [zone: string]: number }
}
export interface SlowStartOptions {
  /** How long it takes. Default 30 s, at least 1 ms. */
  readonly window?: Duration
  /** 1 grows evenly, more is faster at first. Default 1, above 0 to 10. */
  readonly aggression?: number
  /** Part of its weight an endpoint begins with. Default 0.1, above 0. */
  readonly minWeight?: Ratio
}

export interface ResolvedBalancingOptions {
  readonly algorithm: BalancingAlgorithm
  readonly choices: number | 'all'
  readonly bias: number
  readonly hashBalance: number | undefined
  readonly subset: number | undefined
  readonly priorities: { readonly overprovisioning: number } | undefined
  readonly zoneAware: ResolvedZoneOptions | undefined
  readonly panicThreshold: number
  readonly slowStart: { readonly windowMs: number; readonly aggression: number; readonly minWeight: number } | undefined
}
export interface ResolvedZoneOptions {
  readonly zone: string | undefined
  readonly minEndpoints: number
  /** Empty: as many in every zone. */
  readonly callers: { readonly [zone: string]: number }
}

/** What a policy that says nothing else balances with: two choices, peak-EWMA cost (Finagle, Linkerd). */
export const DEFAULT_BALANCING_ALGORITHM: BalancingAlgorithm = 'p2c-ewma'

const ALGORITHM = oneOf(
  ['round-robin', 'weighted-round-robin', 'random', 'least-request', 'p2c', 'p2c-ewma', 'ring-hash', 'maglev'],
  { default: DEFAULT_BALANCING_ALGORITHM, about: 'How an endpoint is picked' },
)

/** Options that say something to some algorithms only: given for another one they are a mistake. */
const ONLY_FOR: { readonly [option in keyof BalancingOptions]?: readonly BalancingAlgorithm[] } = {
  choices: ['least-request'],
  bias: ['least-request'],
  hashBalance: ['ring-hash', 'maglev'],
  // The others do not look at weights, or keep keys where they are.
  slowStart: ['weighted-round-robin', 'random', 'least-request', 'p2c', 'p2c-ewma'],
}

const CHOICES = 'Of least-request: endpoints compared for each attempt'

const OPTIONS: RecordField<ResolvedBalancingOptions> = record(
  {
    algorithm: ALGORITHM,
    choices: optional(
      byKind({ number: integer({ min: 2, max: 10, about: CHOICES }), text: oneOf(['all'], { about: CHOICES }) }),
    ),
    bias: optional(
      number({ min: 0, max: 10, about: 'Of least-request: how much attempts in flight count; by default 1' }),
    ),
    hashBalance: orFalse(
      number({ above: 1, max: 10, about: 'Of ring-hash and maglev: most an endpoint takes, in shares' }),
    ),
    subset: orFalse(integer({ min: 1, max: 1e6, about: 'How many endpoints of each priority this client uses' })),
    priorities: layer(
      record({
        overprovisioning: number({ default: 1.4, min: 1, max: 10, about: 'A priority spills below 1 / this healthy' }),
      }),
      { default: true, about: 'Endpoints by meta.priority: each gets what those before it cannot take' },
    ),
    zoneAware: layer(
      record({
        zone: optional(text({ about: "The client's own zone; by default that of the runtime" })),
        minEndpoints: integer({ default: 6, min: 1, about: 'Off where there are fewer endpoints' }),
        callers: mapOf(text(), number({ min: 0 }), {
          about: 'How many clients each zone has; by default as many in each',
        }),
      }),
      { about: 'Keeps traffic in the own zone as far as nobody is loaded more for it' },
    ),
    panicThreshold: ratio({ default: 0.5, about: 'Below this share of healthy endpoints health is ignored' }),
    slowStart: layer(
      record({
        window: duration({ default: '30s', min: '1ms', about: 'How long an endpoint takes to its full weight' }),
        aggression: number({ default: 1, above: 0, max: 10, about: '1 grows evenly, more is faster at first' }),
        minWeight: ratio({ default: 0.1, above: 0, about: 'Part of its weight an endpoint begins with' }),
      }),
      { about: 'Little traffic at first for an endpoint that is new or healthy again' },
    ),
  } satisfies FieldsOf<BalancingOptions>,
  {
    about: 'How an endpoint is picked, and from which',
    refused: { mode: 'this layer has none' },
    finish(values, at) {
      for (const [option, algorithms] of Object.entries(ONLY_FOR)) {
        if (values[option as keyof typeof values] === undefined || algorithms.includes(values.algorithm)) continue
        throw at.at(option).error(`says nothing to ${values.algorithm}; only to ${algorithms.join(', ')}`)
      }
      return { ...values, choices: values.choices ?? 2, bias: values.bias ?? 1 }
    },
  },
)

/** An algorithm's name is short for an object with it alone, and layers lie over each other as objects. */
function spelled(input: unknown, at: Place): unknown {
  if (typeof input === 'string') return { algorithm: ALGORITHM.resolve(input, at) }
  if (input === undefined || objectOf(input) !== undefined) return input
  throw notAllowed(at, input, EXPECTED)
}

const EXPECTED = `${ALGORITHM.expected}, or an object`

/** The description from which validation, defaults and schema follow. */
export const BALANCING_OPTIONS: Field<ResolvedBalancingOptions, ''> = {
  suffix: '',
  isRequired: false,
  expected: EXPECTED,
  resolve: (input, at) => OPTIONS.resolve(spelled(input, at), at),
  normalize: (input, at) => OPTIONS.normalize(spelled(input, at), at),
  schema: (use) => ({ anyOf: [ALGORITHM.schema(use), OPTIONS.schema(use)] }),
}

/** The balancing of which nothing is said. */
export const DEFAULT_BALANCING_OPTIONS: ResolvedBalancingOptions = resolveBalancingOptions()

/** The options with all defaults filled in, frozen. Throws a ConfigError that names the field under `path`. */
export function resolveBalancingOptions(
  input: BalancingAlgorithm | BalancingOptions = {},
  path: string | Place = 'loadBalancing',
): ResolvedBalancingOptions {
  return BALANCING_OPTIONS.resolve(input, placeOf(path))
}
