import type { Job } from '../workplace.ts'

/** Decides who of those that wait for a worker is next, and who is given up. It knows nothing of workers. */
export interface Line {
  /** True where also those pass through it who find a worker free. */
  readonly seesAll: boolean
  /** How many wait. */
  readonly size: number
  /** Whoever has been at work before (`begunUs` is set) comes back after its calls: it is served, not given up. */
  join(job: Job, nowUs: number): void
  /** Takes somebody out who is in it. */
  leave(job: Job): void
  /** Takes out somebody who is not to be served but refused, while there is one. Asked before {@link next}. */
  giveUp(nowUs: number): Job | undefined
  /** Takes out who is next. */
  next(): Job | undefined
}
