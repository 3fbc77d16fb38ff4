import { hashText } from '@seakeep/core/spi'
import type { Kernel } from '../kernel/kernel.ts'
import { TraceHash } from '../kernel/trace-hash.ts'
import type { Account, Ledger } from './ledger.ts'

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

/** The ending of a number from {@link endingNumber}. */
export function endingOf(number: number): string {
  return ENDINGS[number - 1] ?? 'unknown'
}

/** Room for outcomes where kind and outcome are one number, as {@link TraceHash.addAll} reads it. */
const OUTCOMES = 256

/** The facts about one service, hashed by themselves. */
export class ServiceFacts implements Account {
  /** Names it among the accounts of the ledger. */
  readonly account: number
  readonly #hash = new TraceHash()

  constructor(ledger: Ledger) {
    this.account = ledger.open(this)
  }

  post(entries: Float64Array, order: Uint32Array, from: number, until: number): void {
    this.#hash.addAll(entries, order, from, until)
  }

  digest(): string {
    return this.#hash.digest()
  }
}

/** Where facts are told: the whole run's hash, and one of each service. */
export class FactLog {
  readonly #kernel: Kernel
  readonly #ledger: Ledger
  readonly #run: TraceHash

  constructor(kernel: Kernel, ledger: Ledger, stepUs: number) {
    this.#kernel = kernel
    this.#ledger = ledger
    this.#run = new TraceHash(stepUs)
  }

  /** A fact about an entity (a hash of its name) and a call (its key) of a service, which its account names. */
  add(service: number, kind: number, entity: number, call: number, outcome: number): void {
    const now = this.#kernel.nowUs
    this.#run.add(now, kind, entity, call, outcome)
    this.#ledger.note(service, now, kind * OUTCOMES + outcome, entity, call)
  }

  /** A transition of a breaker, limit or endpoint, or a fault that touched something. */
  addNamed(service: number | undefined, kind: number, entity: string, what: string): void {
    const now = this.#kernel.nowUs
    const [name, meaning] = [hashText(entity), hashText(what)]
    this.#run.add(now, kind, name, meaning, 0)
    if (service !== undefined) this.#ledger.note(service, now, kind * OUTCOMES, name, meaning)
  }

  close(untilUs: number): { readonly hash: string; readonly checkpoints: readonly string[] } {
    this.#run.closeSteps(untilUs)
    return { hash: this.#run.digest(), checkpoints: this.#run.checkpoints }
  }
}
