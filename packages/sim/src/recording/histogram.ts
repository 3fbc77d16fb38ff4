/**
 * A histogram of lengths of time in whole microseconds, exact to 0.4 % of each length up to 2^40 us (12 days), in one
 * array: 128 buckets for each power of two (HdrHistogram's layout). Count, sum, minimum and maximum are exact.
 *
 * A simulation keeps thousands of these and most see few different lengths, so the array covers only the powers of two
 * that were seen, from the lowest to the highest: 0.5 KiB each, 13 KiB for 1 us to an hour. It grows a few times in its
 * life, and recording costs one compare for it.
 */

/** Buckets of one power of two, as bits: 2^7. Half a bucket's width is 1/256 of its value. */
const BITS = 7
const PER_OCTAVE = 1 << BITS
/** Lengths from here on share the last bucket. */
const TOP = 2 ** 40
const BUCKETS = bucketOf(TOP - 1) + 2

export class Histogram {
  #counts: Uint32Array = NONE
  /** The bucket that `#counts[0]` stands for. */
  #base = 0
  #count = 0
  #sum = 0
  #min = Number.POSITIVE_INFINITY
  #max = Number.NEGATIVE_INFINITY

  /** {@link record} for lengths out of an array of doubles: as an integer nearly all are passed on without being allocated. */
  recordDouble(us: number): void {
    if (us < 2147483648) this.record(us | 0)
    else this.record(us)
  }

  /** Records a length in microseconds. It is rounded down to a whole number and may not be negative. */
  record(us: number): void {
    // Nearly all are whole and below 2^31: those are kept to integer arithmetic.
    const value = us | 0
    if (value === us) this.#put(bucketOfInteger(value), value)
    else this.#put(bucketOf(Math.floor(us)), Math.floor(us))
  }

  #put(bucket: number, value: number): void {
    let index = bucket - this.#base
    // One compare for both ends.
    if (index >>> 0 >= this.#counts.length) index = this.#cover(bucket)
    this.#counts[index]!++
    this.#count++
    this.#sum += value
    if (value < this.#min) this.#min = value
    if (value > this.#max) this.#max = value
  }

  get count(): number {
    return this.#count
  }
  /** The sum of all lengths, exact up to 2^53. */
  get sumUs(): number {
    return this.#sum
  }
  /** Null where nothing was recorded, as all figures below. */
  get meanUs(): number | null {
    return this.#count === 0 ? null : this.#sum / this.#count
  }
  get minUs(): number | null {
    return this.#count === 0 ? null : this.#min
  }
  get maxUs(): number | null {
    return this.#count === 0 ? null : this.#max
  }

  /** Memory of the buckets. */
  get bytes(): number {
    return this.#counts.byteLength
  }

  /**
   * The smallest length that a share `q` (0 to 1) of all do not exceed (nearest rank), as the middle of its bucket and
   * never outside of what was recorded. `quantile(0)` is the minimum and `quantile(1)` the maximum, both exact.
   */
  quantile(q: number): number | null {
    if (this.#count === 0) return null
    // 0.07 * 100 is 7.000000000000001: the rank is still the seventh.
    let left = Math.max(1, Math.ceil(q * this.#count - 1e-6))
    if (left === 1) return this.#min
    if (left >= this.#count) return this.#max
    let index = 0
    for (; index < this.#counts.length - 1; index++) {
      left -= this.#counts[index]!
      if (left <= 0) break
    }
    return Math.min(this.#max, Math.max(this.#min, middleOf(this.#base + index)))
  }

  /** Adds all that `other` has recorded. */
  merge(other: Histogram): void {
    if (other.#count === 0) return
    const last = other.#base + other.#counts.length - 1
    this.#cover(other.#base)
    this.#cover(last)
    const shift = other.#base - this.#base
    for (let i = 0; i < other.#counts.length; i++) this.#counts[shift + i]! += other.#counts[i]!
    this.#count += other.#count
    this.#sum += other.#sum
    this.#min = Math.min(this.#min, other.#min)
    this.#max = Math.max(this.#max, other.#max)
  }

  /** Makes room for `bucket` by whole powers of two and returns its place in the array. */
  #cover(bucket: number): number {
    if (bucket >= BUCKETS) throw new RangeError('a length of time is at least 0')
    const end = this.#base + this.#counts.length
    const from = bucket - (bucket % PER_OCTAVE)
    const until = Math.min(BUCKETS, from + PER_OCTAVE)
    const low = this.#counts.length === 0 ? from : Math.min(this.#base, from)
    const high = this.#counts.length === 0 ? until : Math.max(end, until)
    if (low !== this.#base || high !== end) {
      const counts = new Uint32Array(high - low)
      counts.set(this.#counts, this.#counts.length === 0 ? 0 : this.#base - low)
      this.#counts = counts
      this.#base = low
    }
    return bucket - low
  }
}

const NONE: Uint32Array = new Uint32Array(0)

/** The bucket of a length: lengths below 256 have one each, then 128 for each power of two. */
function bucketOf(value: number): number {
  if (value < 2147483648) return bucketOfInteger(value)
  // Past 31 bits the same, on the length without its lowest 16 bits.
  return value < TOP ? (16 << BITS) + bucketOfInteger(Math.floor(value / 65536)) : BUCKETS - 1
}

function bucketOfInteger(value: number): number {
  const shift = value < PER_OCTAVE ? 0 : 31 - BITS - Math.clz32(value)
  // A negative length lands beyond all buckets, where room for it is refused.
  return (shift << BITS) + (value >>> shift)
}

/** The middle of a bucket: the inverse of {@link bucketOf}. */
function middleOf(bucket: number): number {
  if (bucket < 2 * PER_OCTAVE) return bucket
  const shift = (bucket >>> BITS) - 1
  const width = 2 ** shift
  return (bucket - shift * PER_OCTAVE) * width + (width - 1) / 2
}
