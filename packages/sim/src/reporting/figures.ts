/**
 * How figures are printed: short, with their unit, and never rounded into a claim: 99.996 % is not shown as 100 %.
 * A figure that does not exist (nothing to divide) is a dash.
 */

export const NO_FIGURE = '–'
type Figure = number | null | undefined

/** `0.52ms`, `31ms`, `1.26s`, `2m05s`. */
export function lengthOfTime(ms: Figure): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return NO_FIGURE
  if (ms === 0) return '0ms'
  if (ms < 0.01) return `${significant(ms * 1000, 2)}us`
  if (ms < 10) return `${significant(ms, 2)}ms`
  if (ms < 1000) return Math.round(ms) === 1000 ? '1s' : `${Math.round(ms)}ms`
  if (ms < 60_000) return ms < 10_000 ? `${trimmed((ms / 1000).toFixed(2))}s` : `${trimmed((ms / 1000).toFixed(1))}s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${two(seconds % 60)}s`
  return `${Math.floor(seconds / 3600)}h${two(Math.floor(seconds / 60) % 60)}m`
}

/** Of a recovery: from the end of the last fault on, `at once`, `4s`, or `never`. */
export function recovery(ms: number | null): string {
  return ms === null ? 'never' : ms === 0 ? 'at once' : lengthOfTime(ms)
}

/** An instant of virtual time, `2:03.210`. */
export function instant(ms: number): string {
  const whole = Math.floor(ms)
  const seconds = Math.floor(whole / 1000)
  return `${Math.floor(seconds / 60)}:${two(seconds % 60)}.${String(whole % 1000).padStart(3, '0')}`
}

/** The same to the second, `2:03`. */
export function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  return `${Math.floor(seconds / 60)}:${two(seconds % 60)}`
}

/** `99.3%`. A share below 1 is never shown as 100 %, nor one above 0 as 0 %. */
export function percent(ratio: Figure): string {
  if (ratio === null || ratio === undefined || !Number.isFinite(ratio)) return NO_FIGURE
  for (let digits = 1; digits <= 4; digits++) {
    const text = (ratio * 100).toFixed(digits)
    const claims = (ratio < 1 && Number(text) === 100) || (ratio > 0 && Number(text) === 0)
    if (!claims || digits === 4) return digits === 1 && (ratio === 1 || ratio === 0) ? `${ratio * 100}%` : `${text}%`
  }
  return NO_FIGURE
}

/** `240,000`. */
export function count(value: Figure): string {
  return value === null || value === undefined ? NO_FIGURE : value.toFixed(0).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** Something a second: `403.1`, `12,040`. */
export function rate(perSecond: Figure): string {
  if (perSecond === null || perSecond === undefined || !Number.isFinite(perSecond)) return NO_FIGURE
  return perSecond < 1000 ? perSecond.toFixed(perSecond < 10 ? 2 : 1) : count(Math.round(perSecond))
}

/** `1.02`, for amplification. */
export function factor(value: Figure): string {
  return value === null || value === undefined ? NO_FIGURE : value.toFixed(2)
}

/** `3.1M`, `812k`. */
export function roughly(value: number): string {
  if (value >= 9.95e8) return `${significant(value / 1e9, 2)}G`
  if (value >= 9.95e5) return `${significant(value / 1e6, 2)}M`
  if (value >= 9.95e2) return `${significant(value / 1e3, 2)}k`
  return String(Math.round(value))
}

const BARS = '▁▂▃▄▅▆▇█'

/** Shares from 0 to 1 as one line of bars, each the worst of the steps it stands for; a blank where there is none. */
export function sparkline(values: readonly (number | null)[], width: number): string {
  const cells = Math.min(width, values.length)
  let line = ''
  for (let cell = 0; cell < cells; cell++) {
    const from = Math.floor((cell * values.length) / cells)
    const to = Math.max(from + 1, Math.floor(((cell + 1) * values.length) / cells))
    const known = values.slice(from, to).filter((value) => value !== null)
    const worst = known.length === 0 ? null : Math.min(...known)
    // Only a full step gets the full bar.
    line += worst === null ? ' ' : worst >= 0.999 ? '█' : (BARS[Math.min(6, Math.floor(worst * 7))] ?? ' ')
  }
  return line
}

function significant(value: number, digits: number): string {
  // Rounding up to one more digit would make toPrecision write an exponent.
  return value >= 10 ** digits - 0.5 ? String(Math.round(value)) : trimmed(value.toPrecision(digits))
}

function trimmed(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
