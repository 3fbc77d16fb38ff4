/**
 * Reads a distribution from its data form: a bare duration or an object with one key.
 *
 * The forms are described with the core's field builders, so their errors and their part of the scenario's JSON Schema
 * are like those of any other option.
 */
import {
  byKey,
  byKind,
  duration,
  type Field,
  integer,
  listOf,
  named,
  number,
  optional,
  type Place,
  placeOf,
  type RecordField,
  record,
  refined,
} from '@seakeep/core/spi'
import type { Distribution } from './distribution.ts'
import type { DistributionForms } from './distributions.ts'
import * as samplers from './samplers.ts'

/** A sampler for a distribution in data form. Throws a ConfigError that names `path` and what is allowed there. */
export function resolveDistribution(data: unknown, path: string | Place): Distribution {
  return distribution.resolve(data, placeOf(path))
}

/** Bounds what handlers that write another length with every call can fill, and how much of one is compared. */
const MOST_KNOWN = 1000
const LONGEST_KNOWN = 200
const known = new Map<string, Distribution>()

/**
 * The same for code that writes its distribution out with every call, as handlers do: what was read once is known by its
 * text, which is ten times as fast as reading it again.
 */
export function recallDistribution(data: unknown, path: string | Place): Distribution {
  const text = JSON.stringify(data)
  const before = known.get(text)
  if (before !== undefined) return before
  const read = resolveDistribution(data, path)
  if (known.size >= MOST_KNOWN) known.clear()
  if (text.length <= LONGEST_KNOWN) known.set(text, read)
  return read
}

/** The field of a scenario that holds a distribution. It is required; wrap it in `optional` where it is not. */
export const distribution: Field<Distribution, ''> = named('distribution', () => FIELD, '')

const length = refined(duration(), samplers.constant)

const lognormal: Field<Distribution> = byKey({
  p50: record(
    { p50: duration({ above: 0 }), p99: duration() },
    {
      notBelow: { p99: 'p50' },
      finish: ({ p50Ms, p99Ms }) => samplers.lognormal(p50Ms, samplers.sigmaOf(p50Ms, p99Ms)),
    },
  ),
  median: record(
    { median: duration({ above: 0 }), sigma: number({ min: 0, about: 'standard deviation of the natural logarithm' }) },
    { finish: ({ medianMs, sigma }) => samplers.lognormal(medianMs, sigma) },
  ),
})

const mixed = record({ weight: number({ min: 0 }), of: distribution })

/** What stands under each key. */
const FORMS: { readonly [Name in keyof DistributionForms]: Field<Distribution> } = {
  constant: length,
  exponential: record({ mean: duration() }, { finish: ({ meanMs }) => samplers.exponential(meanMs) }),
  uniform: record(
    { min: duration(), max: duration() },
    { notBelow: { max: 'min' }, finish: ({ minMs, maxMs }) => samplers.uniform(minMs, maxMs) },
  ),
  normal: record(
    { mean: duration(), sd: duration({ about: 'standard deviation' }) },
    { finish: ({ meanMs, sdMs }) => samplers.normal(meanMs, sdMs) },
  ),
  lognormal,
  pareto: record(
    { min: duration({ above: 0 }), alpha: number({ above: 0 }), max: optional(duration()) },
    { notBelow: { max: 'min' }, finish: ({ minMs, alpha, maxMs }) => samplers.pareto(minMs, alpha, maxMs) },
  ),
  erlang: record(
    { k: integer({ min: 1, max: 1000 }), mean: duration() },
    { finish: ({ k, meanMs }) => samplers.erlang(k, meanMs) },
  ),
  hyperexponential: record(
    { mean: duration(), cs2: number({ min: 1, about: 'variance over the mean squared' }) },
    { finish: ({ meanMs, cs2 }) => samplers.hyperexponential(meanMs, cs2) },
  ),
  empirical: record(
    { samples: listOf(duration(), { min: 1 }) },
    { finish: ({ samples }) => samplers.empirical(samples) },
  ),
  mixture: refined(listOf(mixed, { min: 1 }), (parts, at) => {
    if (!parts.some((part) => part.weight > 0)) throw at.error('all weights are 0; at least one must be above it')
    return samplers.mixture(parts)
  }),
}

const FIELD: Field<Distribution, ''> = byKind({ number: length, text: length, object: byKey(oneKeyRecords()) })

/** Each form as an object with its one key. */
function oneKeyRecords(): { readonly [name: string]: RecordField<Distribution> } {
  return Object.fromEntries(
    Object.entries(FORMS).map(([name, form]) => [
      name,
      record({ [name]: form }, { finish: (values) => Object.values(values)[0] as Distribution }),
    ]),
  )
}
