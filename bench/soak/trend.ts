export interface Sample {
  readonly atMs: number
  readonly bytes: number
}

/** A heap that grows faster than this is a leak, in parts of the heap a minute. */
export const MOST_GROWTH = 0.01

/**
 * How fast the heap grows, in parts of itself a minute: the slope of the line of least squares over the second half of the
 * samples, when caches and tables have long been full. `error` is the slope's standard error.
 */
export function growthOf(samples: readonly Sample[]): { readonly perMinute: number; readonly error: number } {
  const half = samples.slice(samples.length >> 1)
  if (half.length < 3) throw new RangeError(`${samples.length} samples are too few for a trend`)
  const meanMs = meanOf(half.map(({ atMs }) => atMs))
  const mean = meanOf(half.map(({ bytes }) => bytes))
  let across = 0
  let spread = 0
  for (const { atMs, bytes } of half) {
    across += (atMs - meanMs) * (bytes - mean)
    spread += (atMs - meanMs) ** 2
  }
  const slope = across / spread
  const left = half.reduce((sum, { atMs, bytes }) => sum + (bytes - mean - slope * (atMs - meanMs)) ** 2, 0)
  const error = Math.sqrt(left / (half.length - 2) / spread)
  return { perMinute: (slope * 60_000) / mean, error: (error * 60_000) / mean }
}

/** Grows beyond the bound even where the line is taken two standard errors flatter. */
export function isLeaking({ perMinute, error }: { readonly perMinute: number; readonly error: number }): boolean {
  return perMinute - 2 * error > MOST_GROWTH
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
