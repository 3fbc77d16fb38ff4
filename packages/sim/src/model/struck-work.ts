import type { WorkChange } from './server-faults.ts'

/** What `slow` faults do to the work of one request: drawn once, when it begins. */
export class StruckWork {
  #addMs = 0
  #factor = 1
  #toMs = -1

  meet(change: WorkChange): void {
    if (change.kind === 'add') this.#addMs += change.addMs
    else if (change.kind === 'factor') this.#factor *= change.factor
    else this.#toMs = change.toMs
  }

  /** There is work to be done even where the request has none of its own. */
  get isWork(): boolean {
    return this.#addMs > 0 || this.#toMs > 0
  }

  /** How long work of `lengthMs` takes. What is added is added once. */
  lengthMs(lengthMs: number): number {
    if (this.#toMs >= 0) {
      const toMs = this.#toMs
      this.#toMs = 0
      return toMs
    }
    const sum = lengthMs * this.#factor + this.#addMs
    this.#addMs = 0
    return sum
  }
}
