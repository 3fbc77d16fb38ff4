import { mix, uniform } from '@seakeep/core/spi'
import { Purpose } from './purpose.ts'

/** A fault that strikes requests at an instance while it is on, each with the chance `ratio`. */
export interface ServerFault {
  /** Names its coin; see {@link strikes}. */
  readonly coin: number
  readonly ratio: number
  /** `slow` lengthens the work, `error` answers instead of it. */
  readonly change: WorkChange | { readonly kind: 'error'; readonly afterMs: number }
  /** As it was written. */
  readonly label: string
  /** Called the first time it strikes. */
  touch(instance: string): void
}

export type WorkChange =
  | { readonly kind: 'add'; readonly addMs: number }
  | { readonly kind: 'factor'; readonly factor: number }
  | { readonly kind: 'to'; readonly toMs: number }

/** Does a fault strike the request, or the packet, with this key? The same for every run with the same seed. */
export function strikes({ ratio, coin }: Pick<ServerFault, 'ratio' | 'coin'>, key: number): boolean {
  return ratio >= 1 || uniform(mix(key, Purpose.fault), coin) < ratio
}
