import type { Exchange, Reply } from './exchange.ts'
import type { Inherited } from './sim-call.ts'
import type { Workplace } from './workplace.ts'

/** A request as its handler's run sees it. */
export interface HandledRequest {
  readonly key: number
  readonly instance: Workplace
  readonly exchange: Exchange
  /** False once its instance has crashed or it has been answered. */
  readonly isAlive: boolean
  readonly hasWorker: boolean
  /** Gives its worker away, and wants one again. */
  letGo(): void
  comeBack(): void
  inherit(key: number): Inherited
  /** How long work of `sampleMs` takes under the faults it has met. */
  workMs(sampleMs: number): number
  finish(reply: Reply): void
}
