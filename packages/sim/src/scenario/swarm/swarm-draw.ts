import type { RandomStream } from '@seakeep/core'
import { durationText } from '@seakeep/core/spi'

/** Whom faults may strike. */
export interface SwarmTargets {
  readonly services: readonly string[]
  readonly instances: readonly string[]
  readonly zones: readonly string[]
  readonly edges: readonly string[]
  /** Services that workloads call. */
  readonly called: readonly string[]
  /** Services with a number of workers, of which some can be lost. */
  readonly limited: readonly string[]
  readonly cached: readonly string[]
  /** True where messages have a length. */
  readonly hasLengths: boolean
  /** The time that the faults have, after the warm-up. */
  readonly timeMs: number
}

/** What one fault is drawn with: a stream of its own, so that one more draw for it changes no other. */
export class SwarmDraw {
  readonly targets: SwarmTargets
  readonly #stream: RandomStream

  constructor(targets: SwarmTargets, stream: RandomStream) {
    this.targets = targets
    this.#stream = stream
  }

  pick<T>(among: readonly T[]): T {
    return among[Math.floor(this.#stream.next() * among.length)] as T
  }

  /** Two digits are enough to tell magnitudes apart, and somebody will read them. */
  between(least: number, most: number): number {
    return Number((least + (most - least) * this.#stream.next()).toPrecision(2))
  }

  /** Evenly over magnitudes: as often between 1 and 10 as between 10 and 100. */
  scale(least: number, most: number): number {
    return Number((least * (most / least) ** this.#stream.next()).toPrecision(2))
  }

  /** How long it lasts: from a fiftieth to a fifth of the time there is. */
  length(): string {
    const { timeMs } = this.targets
    return nice(this.scale(timeMs / 50, timeMs / 5))
  }

  /** When it begins, after the warm-up: late enough to see what is normal, and early enough to see what comes after. */
  beginMs(): number {
    return Math.round((this.targets.timeMs * (0.1 + 0.5 * this.#stream.next())) / 100) * 100
  }

  /** Some processes: an instance, most often; a whole service, or a zone. */
  processes(): string {
    const { instances, services, zones } = this.targets
    const wide = [...services, ...zones.map((zone) => `zone:${zone}`)]
    return this.#stream.next() < 0.6 ? this.pick(instances) : this.pick(wide)
  }

  /** Whose messages: a way's, as often as those of some processes. */
  messages(): string {
    const { edges } = this.targets
    return edges.length > 0 && this.#stream.next() < 0.5 ? this.pick(edges) : this.processes()
  }
}

function nice(ms: number): string {
  return durationText(Math.max(100, Math.round(ms / 100) * 100))
}
