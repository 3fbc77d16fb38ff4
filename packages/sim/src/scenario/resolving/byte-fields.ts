/**
 * Lengths of messages and bandwidths as people write them. Units are those of the standards: `KB` is a thousand bytes, `KiB`
 * 1024 of them. Bits are not read, since a `b` for a `B` would be a factor of eight that nobody sees; what was meant is said.
 */
import { type ScalarField, scalar } from '@seakeep/core/spi'

type ByteUnit = 'B' | 'kB' | 'KB' | 'MB' | 'GB' | 'KiB' | 'MiB' | 'GiB'

/** A length: bytes, or a number with its unit. */
export type Bytes = number | `${number}${ByteUnit}`

/** Bytes per second, or a number with its unit: `10MB/s`. */
export type Bandwidth = number | `${number}${ByteUnit}/s`

const BYTES: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
}
const SIZE_PATTERN = '^\\d+(\\.\\d+)?(B|[kKMG]B|[KMG]iB)$'
const RATE_PATTERN = `${SIZE_PATTERN.slice(0, -1)}/s$`
const LONGEST = 1e12

/** How long a message is: a whole number of bytes, from 0 to 1e12. */
export function bytes(): ScalarField<number, ''> {
  return scalar({
    suffix: '',
    expected: "a length in bytes from 0 to 1e12 (512, '16KB', '2MiB')",
    read: (input) => {
      const value = amountOf(input, SIZE_PATTERN)
      return value === undefined || value > LONGEST ? undefined : Math.round(value)
    },
    hint: (input) => meant(spoken(input, false), SIZE_PATTERN, ''),
    schema: { type: ['number', 'string'], minimum: 0, maximum: LONGEST, pattern: SIZE_PATTERN },
  })
}

/** A bandwidth, above 0 to 1e12 bytes per second. */
export function bandwidth(): ScalarField<number, ''> {
  return scalar({
    suffix: '',
    expected: "a bandwidth above 0, to 1e12 bytes per second (1000000, '10MB/s', '512KiB/s')",
    read: (input) => {
      const value = amountOf(input, RATE_PATTERN)
      return value === undefined || value === 0 || value > LONGEST ? undefined : value
    },
    hint: (input) => meant(spoken(input, true), RATE_PATTERN, '/s'),
    schema: { type: ['number', 'string'], exclusiveMinimum: 0, maximum: LONGEST, pattern: RATE_PATTERN },
  })
}

function amountOf(input: unknown, pattern: string): number | undefined {
  if (typeof input === 'number') return input >= 0 && Number.isFinite(input) ? input + 0 : undefined
  if (typeof input !== 'string' || !new RegExp(pattern).test(input)) return undefined
  const unit = /[a-z]+/i.exec(input)?.[0] ?? ''
  return Number.parseFloat(input) * (BYTES[unit.toLowerCase()] ?? Number.NaN)
}

const SPOKEN = /^(\d+(?:\.\d+)?)\s*([kmg]i?)?(b|bytes?|bits?|bps)?(?:\/s|ps|\/sec|\/second)?$/i

/** Bytes that some other spelling means, `100 Mbit/s` or `10 mb`: the lonely `b` of a rate is a bit, as networks are sold. */
function spoken(input: unknown, isRate: boolean): number | undefined {
  const parts = typeof input === 'string' ? SPOKEN.exec(input.trim()) : null
  if (parts === null) return undefined
  const [, digits, prefix = '', unit = 'B'] = parts
  const isBits = (isRate && unit === 'b') || /^(bits?|bps)$/i.test(unit)
  return (Number(digits) * (BYTES[`${prefix.toLowerCase()}b`] ?? Number.NaN)) / (isBits ? 8 : 1)
}

function meant(value: number | undefined, pattern: string, ending: string): string {
  if (value === undefined || value === 0) return ''
  const written = `${bytesText(value)}${ending}`
  return amountOf(written, pattern) === undefined ? '' : `; did you mean ${written}?`
}

/** As short as can be: `1MB`, `2KiB`, `12.5MB`. */
export function bytesText(value: number): string {
  const exact = (['GiB', 'MiB', 'KiB'] as const).find((unit) => {
    const amount = value / (BYTES[unit.toLowerCase()] ?? 1)
    return amount >= 1 && Number.isInteger(amount) && value % 1000 !== 0
  })
  const unit = exact ?? (['GB', 'MB', 'KB'] as const).find((one) => value >= (BYTES[one.toLowerCase()] ?? 1)) ?? 'B'
  return `${Number((value / (BYTES[unit.toLowerCase()] ?? 1)).toPrecision(6))}${unit}`
}
