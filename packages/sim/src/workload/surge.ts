import type { RecordedCall } from '../scenario/resolved-arrivals.ts'

/** More calls of a workload than it would make, or fewer, for a while. Other workloads do not notice. */
export interface Surge {
  /** Calls that are made, over those that would be. */
  readonly factor: number
  /** Only the calls to this service; undefined for all. */
  readonly service: string | undefined
  readonly fromUs: number
  /** `Infinity` for a surge that lasts to the end. */
  readonly untilUs: number
  /** Names its chance. */
  readonly coin: number
  /** What its calls are called by: `surge`, of a second one `surge2`. */
  readonly tag: string
}

/** A workload, as a fault reaches it. */
export interface Load {
  start(): void
  /** From now on; it ends by itself. */
  surge(surge: Surge): void
}

/** What a call says beyond its workload, and how it is told from the others of its number. */
export interface CallTraits {
  /** `client-surge-17` */
  readonly tag?: string | undefined
  /** Which call of one user it is, from 2 on: `client-17~2`. */
  readonly again?: number | undefined
  /** The user's first call, whose target, caller, key and class this one has. */
  readonly firstKey?: number | undefined
  /** Only to this service. */
  readonly service?: string | undefined
  readonly recorded?: RecordedCall | undefined
}
