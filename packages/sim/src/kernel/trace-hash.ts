/**
 * A rolling hash of what happened in a run, in order: two runs that agree in it have, but for one chance in 2^64, seen
 * the same facts at the same instants.
 *
 * Two 32-bit lanes instead of one 64-bit number, since a BigInt costs fifteen times the rest of it. Each fact is five
 * integers; names are hashed once where they are made, never here. The words of a fact go through a chain of
 * rotate, xor and multiply (FxHash), so that their order and the order of the facts both count.
 */
export class TraceHash {
  readonly #lanes = new TraceHashes()
  /** A step of the timeline in microseconds: {@link checkpoints} has the digest at the end of each. */
  readonly #stepUs: number
  #nextStepUs: number
  readonly #checkpoints: string[] = []

  constructor(stepUs: number = Number.POSITIVE_INFINITY) {
    this.#lanes.open()
    this.#stepUs = stepUs
    this.#nextStepUs = stepUs
  }

  /** Adds a fact, as {@link TraceHashes.add} does; `timeUs` never decreases. */
  add(timeUs: number, kind: number, entity: number, call: number, outcome: number): void {
    if (timeUs >= this.#nextStepUs) this.closeSteps(timeUs)
    this.#lanes.add(0, timeUs, kind, entity, call, outcome)
  }

  /** The hash so far as 16 hexadecimal digits. Taking it changes nothing. */
  digest(): string {
    return this.#lanes.digest(0)
  }

  /**
   * The digests at the ends of the steps so far, each over the facts before that instant (a fact at the instant itself
   * belongs to the next step), so that a longer run repeats the list of a shorter one.
   */
  get checkpoints(): readonly string[] {
    return this.#checkpoints
  }

  /** Says that no fact before `untilUs` will follow: writes the checkpoints of the steps that ended by then. */
  closeSteps(untilUs: number): void {
    while (this.#nextStepUs <= untilUs) {
      this.#checkpoints.push(this.digest())
      this.#nextStepUs += this.#stepUs
    }
  }
}

/** A hash's two lanes and how many facts it has seen; the fourth word keeps it from lying across two lines of the cache. */
const WORDS = 4

/**
 * A great many such hashes side by side in one array: those of a thousand services take 16 KiB, which stays close at hand
 * whatever else a large world touches, so that each fact is hashed at once.
 */
export class TraceHashes {
  #words = new Int32Array(16 * WORDS)
  #size = 0

  /** The number of a new hash. */
  open(): number {
    const at = this.#size * WORDS
    if (at === this.#words.length) {
      const words = new Int32Array(2 * at)
      words.set(this.#words)
      this.#words = words
    }
    this.#words[at] = 0x243f6a88
    this.#words[at + 1] = 0x85a308d3
    return this.#size++
  }

  /** Adds a fact. `timeUs` is below 2^53; `kind` and `outcome` are small integers, `entity` and `call` 32-bit hashes. */
  add(hash: number, timeUs: number, kind: number, entity: number, call: number, outcome: number): void {
    // `| 0` keeps the low 32 bits, also of a larger number; the high ones are folded in apart.
    const time = (timeUs | 0) ^ Math.imul((timeUs / 4294967296) | 0, 0x27d4eb2f)
    const what = Math.imul(kind, 0x10001) + outcome
    const words = this.#words
    const at = hash * WORDS
    let a = words[at]!
    a = Math.imul(((a << 5) | (a >>> 27)) ^ time, 0x9e3779b1)
    a = Math.imul(((a << 5) | (a >>> 27)) ^ what, 0x9e3779b1)
    a = Math.imul(((a << 5) | (a >>> 27)) ^ entity, 0x9e3779b1)
    words[at] = Math.imul(((a << 5) | (a >>> 27)) ^ call, 0x9e3779b1)
    let b = words[at + 1]!
    b = Math.imul(((b << 13) | (b >>> 19)) ^ call, 0x85ebca6b)
    b = Math.imul(((b << 13) | (b >>> 19)) ^ entity, 0x85ebca6b)
    b = Math.imul(((b << 13) | (b >>> 19)) ^ what, 0x85ebca6b)
    words[at + 1] = Math.imul(((b << 13) | (b >>> 19)) ^ time, 0x85ebca6b)
    words[at + 2]!++
  }

  digest(hash: number): string {
    const [a = 0, b = 0, facts = 0] = this.#words.subarray(hash * WORDS)
    const first = finish(a ^ facts)
    return hex(first) + hex(finish(b + first))
  }
}

/** The finalizer of MurmurHash3: spreads the last words over all bits. */
function finish(word: number): number {
  let h = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

function hex(word: number): string {
  return word.toString(16).padStart(8, '0')
}
