import { mix, uniform } from '@seakeep/core/spi'
import type { RequestFilter } from '../scenario/faults/request-filter.ts'
import { Purpose } from './purpose.ts'

/** A fault that strikes requests at an instance while it is on, each with the chance `ratio`. */
export interface ServerFault {
  /** Names its coin; see {@link strikes}. */
  readonly coin: number
  readonly ratio: number
  /** Whom it strikes at all; undefined for everybody. */
  readonly only: RequestFilter | undefined
  readonly change: ServerChange
  /** As it was written. */
  readonly label: string
  /** Called the first time it strikes. */
  touch(instance: string): void
}

/** `slow` lengthens the work, `error` answers instead of it, `hang` never answers. */
export type ServerChange = WorkChange | ErrorChange | { readonly kind: 'hang' }

export type WorkChange =
  | { readonly kind: 'add'; readonly addMs: number }
  | { readonly kind: 'factor'; readonly factor: number }
  | { readonly kind: 'to'; readonly toMs: number }

export interface ErrorChange {
  readonly kind: 'error'
  readonly afterMs: number
  readonly status: number
  readonly retryAfterMs: number | undefined
}

/** What a filter looks at. */
export interface Traits {
  /** The key of the user's call that it is made for. */
  readonly dataKey: string | undefined
  readonly caller: string
  readonly method: string | undefined
  readonly priority: string | undefined
}

/** Does a fault strike the request, or the packet, with this key? The same for every run with the same seed. */
export function strikes({ ratio, coin }: Pick<ServerFault, 'ratio' | 'coin'>, key: number): boolean {
  return ratio >= 1 || uniform(mix(key, Purpose.fault), coin) < ratio
}

/** Is it one of those that the fault is for? */
export function concerns({ only }: ServerFault, { dataKey, caller, method, priority = 'default' }: Traits): boolean {
  if (only === undefined) return true
  if (only.keys !== undefined && (dataKey === undefined || !only.keys.has(dataKey))) return false
  if (only.caller !== undefined && only.caller !== caller) return false
  if (only.method !== undefined && only.method !== method) return false
  return only.priority === undefined || only.priority === priority
}
