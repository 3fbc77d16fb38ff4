/**
 * Durations and ratios as people write them, and the number each one means.
 *
 * Decimal text is converted through its decimal exponent (`'1.005s'` is read as `1.005e3`), never by a floating-point
 * product, so that `1.005s` is 1005 ms and not 1004.9999999999999: two spellings of one length are one number.
 */

/** A length of time: milliseconds, or a number with its unit. */
export type Duration = number | `${number}us` | `${number}ms` | `${number}s` | `${number}m` | `${number}h`

/** A share: a number from 0 to 1, or a percentage. */
export type Ratio = number | `${number}%`

/** What a duration in text must match. */
export const DURATION_PATTERN = '^\\d+(\\.\\d+)?(us|ms|s|m|h)$'
/** What a percentage must match. */
export const PERCENTAGE_PATTERN = '^\\d+(\\.\\d+)?%$'

const DURATION = new RegExp(DURATION_PATTERN)
const PERCENTAGE = new RegExp(PERCENTAGE_PATTERN)

/** Each unit, longest first, as `factor` times a power of ten of a millisecond. */
const UNITS: readonly { readonly name: string; readonly exponent: number; readonly factor: number }[] = [
  { name: 'h', exponent: 5, factor: 36 },
  { name: 'm', exponent: 4, factor: 6 },
  { name: 's', exponent: 3, factor: 1 },
  { name: 'ms', exponent: 0, factor: 1 },
  { name: 'us', exponent: -3, factor: 1 },
]

/** Milliseconds of a duration; undefined where `input` is none (negative and endless lengths included). */
export function millisecondsOf(input: unknown): number | undefined {
  if (typeof input === 'number') return input >= 0 && Number.isFinite(input) ? input + 0 : undefined
  if (typeof input !== 'string') return undefined
  const name = DURATION.exec(input)?.[2]
  const unit = UNITS.find((candidate) => candidate.name === name)
  if (unit === undefined) return undefined
  const ms = Number(`${input.slice(0, -unit.name.length)}e${unit.exponent}`) * unit.factor
  return Number.isFinite(ms) ? ms : undefined
}

/** A short text that {@link millisecondsOf} reads as `ms` again: `5s` for 5000, `90s` for 90000, `250us` for 0.25. */
export function durationText(ms: number): string {
  for (const unit of UNITS) {
    const amount = ms / (unit.factor * 10 ** unit.exponent)
    const isShort = unit.factor === 1 ? amount >= 1 : amount >= 1 && Number.isInteger(amount)
    if (isShort && millisecondsOf(`${amount}${unit.name}`) === ms) return `${amount}${unit.name}`
  }
  return `${ms}ms`
}

/** The number from 0 to 1 that a ratio means; undefined where `input` is none. */
export function ratioOf(input: unknown): number | undefined {
  if (typeof input !== 'string') {
    return typeof input === 'number' && input >= 0 && input <= 1 ? input + 0 : undefined
  }
  return PERCENTAGE.test(input) ? ratioOf(Number(`${input.slice(0, -1)}e-2`)) : undefined
}
