import { mix, uniform } from '@seakeep/core/spi'
import { Purpose } from './purpose.ts'

/** A fault that strikes requests at an instance while it is on, each with the chance `ratio`. */
export interface ServerFault {
  /** Distinguishes its coin from that of other faults. */
  readonly number: number
  readonly ratio: number
  /** `slow` lengthens the work, `error` answers instead of it. */
  readonly change: WorkChange | { readonly kind: 'error'; readonly afterMs: number }
  /** Called the first time it strikes. */
  touch(instance: string): void
}

export type WorkChange =
  | { readonly kind: 'add'; readonly addMs: number }
  | { readonly kind: 'factor'; readonly factor: number }
  | { readonly kind: 'to'; readonly toMs: number }

/** Does the fault strike the request with this key? The same for every run with the same seed. */
export function strikes(fault: ServerFault, key: number): boolean {
  return fault.ratio >= 1 || uniform(mix(key, Purpose.fault + fault.number), 0) < fault.ratio
}
