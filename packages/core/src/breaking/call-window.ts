/**
 * What a breaker remembers of the calls that ended lately, as totals that run along: by time in
 * {@link file://./sliding-window.ts}, by number in {@link file://./count-window.ts}. A record costs the same however
 * much is remembered (opossum#648, #245 concatenate and sort 200,000 samples on each failing call).
 */
export interface CallWindow {
  readonly calls: number
  readonly failures: number
  readonly slow: number
  /** So many calls of it, for people: `23 calls in 10 s`, `the last 100 calls`. */
  text(calls: number): string
  record(nowMs: number, isFailure: boolean, isSlow: boolean): void
  /** Forgets what is too old at `nowMs`. {@link record} does so itself; a reader of the totals has to. */
  advance(nowMs: number): void
  clear(): void
}

/** A length of time as events print it: `800 ms`, `10 s`. */
export function spanText(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${Math.round(ms / 10) / 100} s`
}
