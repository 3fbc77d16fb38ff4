/**
 * How long calls took, step by step: counts in buckets that grow by a constant factor, so that a step costs some hundred
 * bytes and thousands of them can be kept. Quantiles are read within a bucket on the same scale.
 */
import type { HeatDetail } from './run-detail.ts'

const LOWEST_US = 125
const OCTAVES = 20

export class StepLatencies {
  readonly #perOctave: number
  readonly #buckets: number
  readonly #steps: (Uint32Array | undefined)[]

  /** `perOctave`: 4 is exact to some 10 %, 8 to some 5 %. */
  constructor(steps: number, perOctave: number) {
    this.#perOctave = perOctave
    this.#buckets = OCTAVES * perOctave
    this.#steps = new Array(steps)
  }

  record(step: number, us: number): void {
    let counts = this.#steps[step]
    if (counts === undefined) {
      counts = new Uint32Array(this.#buckets)
      this.#steps[step] = counts
    }
    const bucket = Math.floor(Math.log2(Math.max(us, LOWEST_US) / LOWEST_US) * this.#perOctave)
    counts[Math.min(bucket, this.#buckets - 1)]! += 1
  }

  /** The length that a share `q` of a step's calls did not exceed, in ms with three significant digits. */
  quantiles(q: number): (number | null)[] {
    return Array.from(this.#steps, (counts) => (counts === undefined ? null : this.#quantile(counts, q)))
  }

  /** The counts themselves, `merged` buckets in one. */
  heat(merged: number): HeatDetail {
    return {
      lowestMs: LOWEST_US / 1000,
      perOctave: this.#perOctave / merged,
      steps: Array.from(this.#steps, (counts) => (counts === undefined ? [] : trimmed(counts, merged))),
    }
  }

  #quantile(counts: Uint32Array, q: number): number {
    const all = counts.reduce((sum, one) => sum + one, 0)
    let left = q * all
    for (let bucket = 0; bucket < counts.length; bucket++) {
      const here = counts[bucket]!
      if (here > 0 && left <= here) return this.#lengthAt(bucket + left / here)
      left -= here
    }
    return this.#lengthAt(this.#buckets)
  }

  #lengthAt(bucket: number): number {
    return Number(((LOWEST_US / 1000) * 2 ** (bucket / this.#perOctave)).toPrecision(3))
  }
}

function trimmed(counts: Uint32Array, merged: number): number[] {
  const sums: number[] = []
  counts.forEach((n, bucket) => {
    const at = Math.floor(bucket / merged)
    sums[at] = (sums[at] ?? 0) + n
  })
  const first = sums.findIndex((n) => n > 0)
  const last = sums.findLastIndex((n) => n > 0)
  return first < 0 ? [] : [first, ...sums.slice(first, last + 1)]
}
