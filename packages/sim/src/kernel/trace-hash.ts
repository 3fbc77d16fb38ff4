/**
 * A rolling hash of what happened in a run, in order: two runs that agree in it have, but for one chance in 2^64, seen
 * the same facts at the same instants.
 *
 * Two 32-bit lanes instead of one 64-bit number, since a BigInt costs fifteen times the rest of it. Each fact is five
 * integers; names are hashed once where they are made, never here. The words of a fact go through a chain of
 * rotate, xor and multiply (FxHash), so that their order and the order of the facts both count.
 */
export class TraceHash {
  #a = 0x243f6a88
  #b = 0x85a308d3 | 0
  #facts = 0

  /** A step of the timeline in microseconds: {@link checkpoints} has the digest at the end of each. */
  readonly #stepUs: number
  #nextStepUs: number
  readonly #checkpoints: string[] = []

  constructor(stepUs: number = Number.POSITIVE_INFINITY) {
    this.#stepUs = stepUs
    this.#nextStepUs = stepUs
  }

  /**
   * Adds a fact. `timeUs` is below 2^53 and never decreases; `kind` and `outcome` are small integers, `entity` and
   * `call` 32-bit hashes.
   */
  add(timeUs: number, kind: number, entity: number, call: number, outcome: number): void {
    if (timeUs >= this.#nextStepUs) this.closeSteps(timeUs)
    // `| 0` keeps the low 32 bits, also of a larger number; the high ones are folded in apart.
    const time = (timeUs | 0) ^ Math.imul((timeUs / 4294967296) | 0, 0x27d4eb2f)
    const what = Math.imul(kind, 0x10001) + outcome
    let a = this.#a
    a = Math.imul(((a << 5) | (a >>> 27)) ^ time, 0x9e3779b1)
    a = Math.imul(((a << 5) | (a >>> 27)) ^ what, 0x9e3779b1)
    a = Math.imul(((a << 5) | (a >>> 27)) ^ entity, 0x9e3779b1)
    this.#a = Math.imul(((a << 5) | (a >>> 27)) ^ call, 0x9e3779b1)
    let b = this.#b
    b = Math.imul(((b << 13) | (b >>> 19)) ^ call, 0x85ebca6b)
    b = Math.imul(((b << 13) | (b >>> 19)) ^ entity, 0x85ebca6b)
    b = Math.imul(((b << 13) | (b >>> 19)) ^ what, 0x85ebca6b)
    this.#b = Math.imul(((b << 13) | (b >>> 19)) ^ time, 0x85ebca6b)
    this.#facts++
  }

  /**
   * Adds facts that lie in an array, four numbers each: the time, the kind times 256 with the outcome, the entity and the
   * call. `order` says where those are, from `from` up to, not including, `until`. The same as {@link add} for each, in a
   * loop that keeps all in registers; a hash without steps only.
   */
  addAll(facts: Float64Array, order: Uint32Array, from: number, until: number): void {
    let a = this.#a
    let b = this.#b
    for (let i = from; i < until; i++) {
      const at = order[i]!
      const timeUs = facts[at]!
      const code = facts[at + 1]! | 0
      const entity = facts[at + 2]! | 0
      const call = facts[at + 3]! | 0
      const time = (timeUs | 0) ^ Math.imul((timeUs / 4294967296) | 0, 0x27d4eb2f)
      const what = Math.imul(code >>> 8, 0x10001) + (code & 255)
      a = Math.imul(((a << 5) | (a >>> 27)) ^ time, 0x9e3779b1)
      a = Math.imul(((a << 5) | (a >>> 27)) ^ what, 0x9e3779b1)
      a = Math.imul(((a << 5) | (a >>> 27)) ^ entity, 0x9e3779b1)
      a = Math.imul(((a << 5) | (a >>> 27)) ^ call, 0x9e3779b1)
      b = Math.imul(((b << 13) | (b >>> 19)) ^ call, 0x85ebca6b)
      b = Math.imul(((b << 13) | (b >>> 19)) ^ entity, 0x85ebca6b)
      b = Math.imul(((b << 13) | (b >>> 19)) ^ what, 0x85ebca6b)
      b = Math.imul(((b << 13) | (b >>> 19)) ^ time, 0x85ebca6b)
    }
    this.#a = a
    this.#b = b
    this.#facts += until - from
  }

  /** How many facts were added. */
  get facts(): number {
    return this.#facts
  }

  /** The hash so far as 16 hexadecimal digits. Taking it changes nothing. */
  digest(): string {
    const a = finish(this.#a ^ this.#facts)
    const b = finish(this.#b + a)
    return hex(a) + hex(b)
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

  /** A hash that has seen the same facts and goes on by itself, without steps. */
  clone(): TraceHash {
    const copy = new TraceHash()
    copy.#a = this.#a
    copy.#b = this.#b
    copy.#facts = this.#facts
    return copy
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
