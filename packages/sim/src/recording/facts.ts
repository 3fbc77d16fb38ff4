import { hashText } from '@seakeep/core/spi'
import type { Kernel } from '../kernel/kernel.ts'
import { TraceHash, TraceHashes } from '../kernel/trace-hash.ts'

/**
 * The facts of a run, hashed as they happen: what was offered, sent, lost, arrived, begun, answered, settled and refused,
 * and what changed state. Not timers, samples or anything only a recorder sees; so a trace hash says that two runs *did* the
 * same, however they were run.
 */
export const Fact = {
  offered: 1,
  sent: 2,
  arrived: 3,
  begun: 4,
  answered: 5,
  settled: 6,
  refused: 7,
  transition: 8,
  fault: 9,
  lost: 16,
} as const

/** Endings as small integers, for hashing. The order is part of every trace hash: append only. */
const ENDINGS = [
  'ok',
  'error',
  'timeout',
  'refused',
  'unreachable',
  'cancelled',
  'circuit-open',
  'rate-limited',
  'concurrency',
  'no-endpoint',
  'shed',
  'shutting-down',
  'unauthorised',
] // prettier-ignore
const NUMBERS = new Map(ENDINGS.map((ending, i) => [ending, i + 1]))

export function endingNumber(ending: string): number {
  return NUMBERS.get(ending) ?? 0
}

/** There are so many numbers from {@link endingNumber}. */
export const ENDING_NUMBERS: number = ENDINGS.length + 1

/** The ending of a number from {@link endingNumber}. */
export function endingOf(number: number): string {
  return ENDINGS[number - 1] ?? 'unknown'
}

/** Where facts are told: the whole run's hash, and one of each service. */
export class FactLog {
  readonly #kernel: Kernel
  readonly #run: TraceHash
  readonly #services = new TraceHashes()

  constructor(kernel: Kernel, stepUs: number) {
    this.#kernel = kernel
    this.#run = new TraceHash(stepUs)
  }

  /** The number of a new service, whose facts are hashed by themselves as well. */
  open(): number {
    return this.#services.open()
  }

  /** A fact of a service about an entity (a hash of its name) and a call (its key). */
  add(service: number, kind: number, entity: number, call: number, outcome: number): void {
    const now = this.#kernel.nowUs
    this.#run.add(now, kind, entity, call, outcome)
    this.#services.add(service, now, kind, entity, call, outcome)
  }

  /** A transition of a breaker, limit or endpoint, or a fault that touched something. */
  addNamed(service: number | undefined, kind: number, entity: string, what: string): void {
    const [name, meaning] = [hashText(entity), hashText(what)]
    if (service === undefined) this.#run.add(this.#kernel.nowUs, kind, name, meaning, 0)
    else this.add(service, kind, name, meaning, 0)
  }

  /** The hash of a service's facts. */
  digest(service: number): string {
    return this.#services.digest(service)
  }

  close(untilUs: number): { readonly hash: string; readonly checkpoints: readonly string[] } {
    this.#run.closeSteps(untilUs)
    return { hash: this.#run.digest(), checkpoints: this.#run.checkpoints }
  }
}
