/**
 * What Seakeep adds to a request and to a refusal, over HTTP as headers and over gRPC as metadata. A deadline travels as the time that is left, in the syntax of
 * grpc-timeout (at most eight digits and a unit), so that the clocks of two machines need not agree; over gRPC it goes as grpc-timeout itself.
 */
export const TIMEOUT_HEADER = 'seakeep-timeout'
export const ATTEMPT_HEADER = 'seakeep-attempt'
export const PRIORITY_HEADER = 'seakeep-priority'
/** The service that asks: servers that are too busy give each a fair part. Nobody is let in for what it says. */
export const CALLER_HEADER = 'seakeep-caller'
/** On a refusal: why the request was not begun. Its presence says that trying again is safe. */
export const REFUSED_HEADER = 'seakeep-refused'

const TIMEOUT = /^(\d{1,8})([HMSmun])$/
/** Nanoseconds, which are whole numbers in every unit. */
const NS_PER_UNIT: Readonly<Record<string, number>> = { H: 3.6e12, M: 6e10, S: 1e9, m: 1e6, u: 1e3, n: 1 }

/** Never more than `leftMs`: rounded down to whole milliseconds, and to finer units where few are left. */
export function formatTimeout(leftMs: number): string {
  if (leftMs < 10) return `${Math.max(0, Math.floor(leftMs * 1000))}u`
  if (leftMs < 1e8) return `${Math.floor(leftMs)}m`
  return `${Math.min(99_999_999, Math.floor(leftMs / 1000))}S`
}

/** In milliseconds; undefined for what is no timeout, which then is none. */
export function parseTimeout(text: string): number | undefined {
  const match = TIMEOUT.exec(text)
  return match === null ? undefined : (Number(match[1]) * NS_PER_UNIT[match[2]!]!) / 1e6
}
