/** Lengths of time and shares as an importer writes them: as exact as they were measured, and as short as can be. */
import type { Duration } from '@seakeep/core'

/** Four digits, in the unit a person would choose: `7.05us`, `4.063ms`, `1.5s`. */
export function roundedLength(ms: number): Duration {
  // A thousandth of a microsecond is below what any format records.
  if (ms < 1) return ms < 1e-6 ? '0us' : `${rounded(ms * 1000)}us`
  return ms < 10_000 ? `${rounded(ms)}ms` : `${rounded(ms / 1000)}s`
}

/** Four digits that count. */
export function rounded(value: number): number {
  return Number(value.toPrecision(4))
}
