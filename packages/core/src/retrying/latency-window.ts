/** How long a latency counts, at least; at most twice as long. */
const HALF_MS = 30_000
/** Latencies before a percentile says anything. */
const MIN_SAMPLES = 100
/** The percentile is looked up again after so many more. */
const STALE_AFTER = 64
/** Buckets per power of two: a percentile is exact to 1.6 %. */
const BITS = 5
const PER_OCTAVE = 1 << BITS
/** Latencies are counted in 64ths of a millisecond, up to nine hours. */
const PER_MS = 64
const TOP = 2 ** 31 - 1
const BUCKETS = bucketOf(TOP) + 1

/**
 * One percentile of a target's latencies over the last half to whole minute, live: two histograms of 30 s with buckets
 * that widen with the value (HdrHistogram's layout), of which the older is dropped. Recording is a few integer steps;
 * looking up is a walk through the buckets, made once for 64 latencies.
 */
export class LatencyWindow {
  #share: number
  #present: Uint32Array | undefined = undefined
  #last: Uint32Array | undefined = undefined
  #presentCount = 0
  #lastCount = 0
  #endMs: number = Number.NEGATIVE_INFINITY
  #unseen = STALE_AFTER
  #percentileMs: number | undefined = undefined

  /** `share`: 0.95 for the 95th percentile. */
  constructor(share: number) {
    this.#share = share
  }

  /** Another percentile of what is known. */
  setShare(share: number): void {
    this.#share = share
    this.#unseen = STALE_AFTER
  }

  record(tookMs: number, nowMs: number): void {
    if (nowMs >= this.#endMs) this.#turn(nowMs)
    this.#present ??= new Uint32Array(BUCKETS)
    const bucket = bucketOf(Math.min(Math.max(Math.floor(tookMs * PER_MS), 0), TOP))
    this.#present[bucket] = (this.#present[bucket] as number) + 1
    this.#presentCount += 1
    this.#unseen += 1
  }

  /** Milliseconds; undefined while fewer than 100 latencies are known. */
  percentileMs(nowMs: number): number | undefined {
    if (nowMs >= this.#endMs) this.#turn(nowMs)
    const count = this.#presentCount + this.#lastCount
    if (count < MIN_SAMPLES) return undefined
    if (this.#unseen >= STALE_AFTER) {
      this.#unseen = 0
      this.#percentileMs = this.#lookUp(count)
    }
    return this.#percentileMs
  }

  #lookUp(count: number): number {
    let left = Math.ceil(this.#share * count)
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      left -= (this.#present?.[bucket] ?? 0) + (this.#last?.[bucket] ?? 0)
      if (left <= 0) return middleOf(bucket) / PER_MS
    }
    return middleOf(BUCKETS - 1) / PER_MS
  }

  /** The present half becomes the last one; after a pause of more than a half both are dropped. */
  #turn(nowMs: number): void {
    const isLong = nowMs >= this.#endMs + HALF_MS
    const emptied = this.#last
    this.#last = isLong ? undefined : this.#present
    this.#lastCount = isLong ? 0 : this.#presentCount
    this.#present = isLong ? undefined : emptied?.fill(0)
    this.#presentCount = 0
    this.#endMs = nowMs + HALF_MS
    this.#unseen = STALE_AFTER
  }
}

function bucketOf(value: number): number {
  if (value < PER_OCTAVE) return value
  const shift = 31 - Math.clz32(value) - BITS
  return shift * PER_OCTAVE + (value >>> shift)
}

/** The middle of the values that share a bucket. */
function middleOf(bucket: number): number {
  if (bucket < PER_OCTAVE) return bucket + 0.5
  const shift = Math.floor(bucket / PER_OCTAVE) - 1
  return (bucket - shift * PER_OCTAVE + 0.5) * 2 ** shift
}
