/** The finer twin of Retry-After, which our own servers send beside it: milliseconds. */
export const RETRY_AFTER_MS_HEADER = 'retry-after-ms'

/** IMF-fixdate, the one form RFC 9110 lets a server send: `Sun, 06 Nov 1994 08:49:37 GMT`. */
const HTTP_DATE = /^\w{3}, (\d{2}) (\w{3}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT$/
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/**
 * How long a server asks to wait, in milliseconds: `retry-after-ms` before Retry-After, which gives seconds or a date.
 * Undefined where it asks for nothing, for a wait of 0, or in a way that cannot be read: the caller's own backoff counts.
 */
export function retryAfterMs(headers: Readonly<Record<string, string>>, wallNowMs: number): number | undefined {
  const precise = headers[RETRY_AFTER_MS_HEADER]
  if (precise !== undefined && /^\d+(\.\d+)?$/.test(precise)) return positive(Number(precise))
  const text = headers['retry-after']
  if (text === undefined) return undefined
  if (/^\d+$/.test(text)) return positive(Number(text) * 1000)
  const dateMs = parseHttpDate(text)
  return dateMs === undefined ? undefined : positive(dateMs - wallNowMs)
}

/** Milliseconds since the Unix epoch. By arithmetic: the clock's own class is out of bounds outside its port. */
export function parseHttpDate(text: string): number | undefined {
  const match = HTTP_DATE.exec(text)
  if (match === null) return undefined
  const [, day, monthName = '', year, hours, minutes, seconds] = match
  const month = MONTHS.indexOf(monthName)
  if (month < 0) return undefined
  const days = daysSinceEpoch(Number(year), month + 1, Number(day))
  return (((days * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000
}

/** Days of the Gregorian calendar, counted from March so that the leap day ends the year (H. Hinnant's algorithm). */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const fromMarch = month > 2 ? month - 3 : month + 9
  const y = month > 2 ? year : year - 1
  const leapDays = Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400)
  return y * 365 + leapDays + Math.floor((153 * fromMarch + 2) / 5) + day - 1 - 719_468
}

function positive(ms: number): number | undefined {
  return ms > 0 ? ms : undefined
}

/**
 * What an answer or an error of somebody else's asks for: its own `retryAfterMs`, else its headers', be they a `Headers`
 * (fetch) or a plain object.
 */
export function askedWaitMs(answer: unknown, wallNowMs: number): number | undefined {
  if (typeof answer !== 'object' || answer === null) return undefined
  const { retryAfterMs: own, headers } = answer as { retryAfterMs?: unknown; headers?: unknown }
  if (typeof own === 'number') return positive(own)
  if (typeof headers !== 'object' || headers === null) return undefined
  const { get } = headers as { get?: unknown }
  if (typeof get !== 'function') return retryAfterMs(headers as Readonly<Record<string, string>>, wallNowMs)
  const read = (name: string): Record<string, string> => {
    const value: unknown = get.call(headers, name)
    return typeof value === 'string' ? { [name]: value } : {}
  }
  return retryAfterMs({ ...read(RETRY_AFTER_MS_HEADER), ...read('retry-after') }, wallNowMs)
}
