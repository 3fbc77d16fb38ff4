/** Fields that hold an amount: durations, ratios, integers and other numbers, each with its bounds. */
import {
  DURATION_PATTERN,
  type Duration,
  durationText,
  millisecondsOf,
  PERCENTAGE_PATTERN,
  type Ratio,
  ratioOf,
} from './duration.ts'
import { type ScalarField, scalar } from './field.ts'

export interface QuantityRules<Written> {
  /** What stands for undefined; without it the field is required. */
  readonly default?: Written
  /** Smallest value allowed. */
  readonly min?: Written
  /** Bound that values must be above. */
  readonly above?: Written
  readonly max?: Written
  /** What it is, for the schema; no full stop. */
  readonly about?: string
}

/** A length of time, at least 0; resolved to milliseconds under a name that ends in `Ms`. */
export function duration(rules: QuantityRules<Duration> = {}): ScalarField<number, 'Ms'> {
  const bounds = boundsOf(rules, millisecondsOf)
  return scalar({
    ...rules,
    suffix: 'Ms',
    expected: `a duration${rangeText(bounds, (ms) => (ms === 0 ? '0' : durationText(ms)))} (250ms, 2s, 5m; a number is milliseconds)`,
    read: (input) => within(bounds, millisecondsOf(input)),
    hint: (input) => {
      const guess = typeof input === 'string' && millisecondsOf(input) === undefined ? spokenDuration(input) : undefined
      return within(bounds, guess) === undefined ? '' : meant(durationText(guess!))
    },
    schema: {
      type: ['number', 'string'],
      ...boundsSchema({ ...bounds, min: bounds.min ?? 0 }),
      pattern: DURATION_PATTERN,
    },
  })
}

/** A share from 0 to 1, also written as a percentage. */
export function ratio(rules: QuantityRules<Ratio> = {}): ScalarField<number, ''> {
  const bounds = boundsOf({ max: 1, ...(rules.above === undefined ? { min: 0 } : {}), ...rules }, ratioOf)
  return scalar({
    ...rules,
    suffix: '',
    expected: `a ratio${rangeText(bounds, String)} (0.5 or 50%)`,
    read: (input) => within(bounds, ratioOf(input)),
    hint: ratioHint,
    schema: { type: ['number', 'string'], ...boundsSchema(bounds), pattern: PERCENTAGE_PATTERN },
  })
}

/** A whole number. */
export function integer(rules: QuantityRules<number> = {}): ScalarField<number, ''> {
  return numeric('an integer', 'integer', rules, Number.isSafeInteger)
}

/** A number; infinity and NaN are none. */
export function number(rules: QuantityRules<number> = {}): ScalarField<number, ''> {
  return numeric('a number', 'number', rules, Number.isFinite)
}

function numeric(
  noun: string,
  type: string,
  rules: QuantityRules<number>,
  isOne: (input: unknown) => boolean,
): ScalarField<number, ''> {
  const read = (input: unknown): number | undefined => (isOne(input) ? (input as number) : undefined)
  const bounds = boundsOf(rules, read)
  return scalar({
    ...rules,
    suffix: '',
    expected: `${noun}${rangeText(bounds, String)}`,
    read: (input) => within(bounds, read(input)),
    hint: (input) =>
      typeof input === 'string' && input.trim() !== '' && within(bounds, read(Number(input))) !== undefined
        ? `; did you mean ${Number(input)}, without quotes?`
        : '',
    schema: { type, ...boundsSchema(bounds) },
  })
}

interface Bounds {
  readonly min?: number | undefined
  readonly above?: number | undefined
  readonly max?: number | undefined
}

function boundsOf<Written>(
  rules: QuantityRules<Written>,
  read: (written: Written | undefined) => number | undefined,
): Bounds {
  return { min: read(rules.min), above: read(rules.above), max: read(rules.max) }
}

function within({ min, above, max }: Bounds, value: number | undefined): number | undefined {
  if (value === undefined || (min !== undefined && value < min)) return undefined
  if ((above !== undefined && value <= above) || (max !== undefined && value > max)) return undefined
  return value
}

function rangeText({ min, above, max }: Bounds, text: (value: number) => string): string {
  if (above !== undefined) return ` above ${text(above)}${max === undefined ? '' : `, at most ${text(max)}`}`
  if (min !== undefined) return max === undefined ? ` of at least ${text(min)}` : ` from ${text(min)} to ${text(max)}`
  return max === undefined ? '' : ` of at most ${text(max)}`
}

function boundsSchema({ min, above, max }: Bounds): { readonly [keyword: string]: number } {
  return {
    ...(min === undefined || above !== undefined ? {} : { minimum: min }),
    ...(above === undefined ? {} : { exclusiveMinimum: above }),
    ...(max === undefined ? {} : { maximum: max }),
  }
}

function meant(what: string): string {
  return `; did you mean ${what}?`
}

/** 50 may be fifty percent or a slip for 0.5: it is refused, with the ways to say what was probably meant. */
function ratioHint(input: unknown): string {
  if (ratioOf(input) !== undefined) return ''
  const amount = typeof input === 'string' ? Number.parseFloat(input) : typeof input === 'number' ? input : Number.NaN
  if (!(amount >= 0 && amount <= 100)) return ''
  if (typeof input === 'string' && input.includes('%')) return meant(`${amount}%`)
  return meant(amount <= 1 ? String(amount) : `${amount / 100} or ${amount}%`)
}

/** Units by the other names they go by, in milliseconds. */
const SPOKEN_UNITS: readonly (readonly [RegExp, number])[] = [
  [/^(us|µs|usecs?|microseconds?)$/, 0.001],
  [/^(|ms|msecs?|millis|milliseconds?)$/, 1],
  [/^(s|secs?|seconds?)$/, 1000],
  [/^(m|mins?|minutes?)$/, 60_000],
  [/^(h|hrs?|hours?)$/, 3_600_000],
  [/^(d|days?)$/, 86_400_000],
]

/** Milliseconds of a duration written in another way: `5 seconds`, `1m30s`, `500` in quotes. */
function spokenDuration(text: string): number | undefined {
  const compact = text.toLowerCase().replaceAll(/\s/g, '')
  let totalMs = 0
  let end = 0
  for (const part of compact.matchAll(/(\d+(?:\.\d+)?)([a-zµ]*)/gy)) {
    const perUnit = SPOKEN_UNITS.find(([names]) => names.test(part[2]!))?.[1]
    if (perUnit === undefined) return undefined
    totalMs += Number(part[1]) * perUnit
    end += part[0].length
  }
  return end > 0 && end === compact.length ? totalMs : undefined
}
