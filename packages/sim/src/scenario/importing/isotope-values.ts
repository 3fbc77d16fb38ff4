/**
 * Numbers as isotope reads them (istio/tools, isotope/convert/pkg/graph: `pct`, `size`, Go's `time.ParseDuration`).
 * Each gives undefined where the text is none, so that the caller can name the place.
 */

const GO_DURATION = /^(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h)/
const MS_PER_UNIT: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}

/** `100us`, `1m30s`, `1.5h`, `0`: milliseconds. */
export function goDurationMs(value: unknown): number | undefined {
  if (value === 0 || value === '0') return 0
  if (typeof value !== 'string' || value === '') return undefined
  let rest = value.startsWith('+') ? value.slice(1) : value
  let ms = 0
  do {
    const part = GO_DURATION.exec(rest)?.[0]
    if (part === undefined) return undefined
    const unit = /[a-zµμ]+$/.exec(part)?.[0] ?? ''
    ms += Number(part.slice(0, part.length - unit.length)) * (MS_PER_UNIT[unit] ?? 0)
    rest = rest.slice(part.length)
  } while (rest !== '')
  // Sums such as 0.1 s + 0.2 s are rounded to Go's own resolution, a nanosecond.
  return Math.round(ms * 1e6) / 1e6
}

/** A number from 0 to 1, or `0.1%`. */
export function isotopeRatio(value: unknown): number | undefined {
  const ratio =
    typeof value === 'number'
      ? value
      : typeof value === 'string' && /^[+-]?(\d+(\.\d*)?|\.\d+)%/.test(value)
        ? Number(value.slice(0, value.indexOf('%'))) / 100
        : Number.NaN
  return ratio >= 0 && ratio <= 1 ? ratio : undefined
}

/** `128`, `1 KB`, `10k`, `1.5MiB`: bytes, by powers of 1024 whichever way the unit is written (docker's RAMInBytes). */
export function byteSize(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isInteger(value) && value >= 0 ? value : undefined
  if (typeof value !== 'string') return undefined
  const parts = /^(\d+(?:\.\d+)?) ?([kmgtp])?i?b?$/i.exec(value)
  if (parts === null) return undefined
  const power = parts[2] === undefined ? 0 : 'kmgtp'.indexOf(parts[2].toLowerCase()) + 1
  return Math.trunc(Number(parts[1]) * 1024 ** power)
}
