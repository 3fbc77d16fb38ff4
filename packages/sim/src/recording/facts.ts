import { hashText } from '@seakeep/core/spi'
import type { Kernel } from '../kernel/kernel.ts'
import { TraceHash } from '../kernel/trace-hash.ts'

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
const ENDING_NUMBERS = new Map(ENDINGS.map((ending, i) => [ending, i + 1]))

export function endingNumber(ending: string): number {
  return ENDING_NUMBERS.get(ending) ?? 0
}

/** Where facts are told: the whole run's hash, and one of each service. */
export class FactLog {
  readonly #kernel: Kernel
  readonly #run: TraceHash

  constructor(kernel: Kernel, stepUs: number) {
    this.#kernel = kernel
    this.#run = new TraceHash(stepUs)
  }

  /** A fact about an entity (a hash of its name) and a call (its key) of a service. */
  add(service: TraceHash, kind: number, entity: number, call: number, outcome: number): void {
    const now = this.#kernel.nowUs
    this.#run.add(now, kind, entity, call, outcome)
    service.add(now, kind, entity, call, outcome)
  }

  /** A transition of a breaker, limit or endpoint, or a fault that touched something. */
  addNamed(service: TraceHash | undefined, kind: number, entity: string, what: string): void {
    const now = this.#kernel.nowUs
    const [name, meaning] = [hashText(entity), hashText(what)]
    this.#run.add(now, kind, name, meaning, 0)
    service?.add(now, kind, name, meaning, 0)
  }

  close(untilUs: number): { readonly hash: string; readonly checkpoints: readonly string[] } {
    this.#run.closeSteps(untilUs)
    return { hash: this.#run.digest(), checkpoints: this.#run.checkpoints }
  }
}
