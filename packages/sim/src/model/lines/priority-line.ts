import type { Job } from '../workplace.ts'
import { JobList } from './job-list.ts'
import type { Line } from './line.ts'

/** From the last to be served to the first; what is not listed (`critical`) ranks above all of them, as in the core. */
const ORDER = ['sheddable', 'default']

/**
 * Serves the highest class first, within a class in order; nobody at work is interrupted (Cobham's non-preemptive queue).
 * A list for each class, so joining, serving and leaving cost the same however long they are. In a full line whoever comes
 * is refused, also one of a high class.
 */
export class ByClassLine implements Line {
  readonly seesAll = false
  readonly #classes: readonly JobList[] = Array.from({ length: ORDER.length + 1 }, () => new JobList())
  size = 0

  join(job: Job): void {
    this.#classes[rank(job.exchange.priority)]?.join(job)
    this.size += 1
  }

  leave(job: Job): void {
    job.inLine?.leave(job)
    this.size -= 1
  }

  giveUp(): undefined {
    return undefined
  }

  next(): Job | undefined {
    for (let i = this.#classes.length - 1; i >= 0; i--) {
      const job = this.#classes[i]?.shift()
      if (job === undefined) continue
      this.size -= 1
      return job
    }
    return undefined
  }
}

/** A call that names no priority is `default`. */
function rank(priority = 'default'): number {
  const place = ORDER.indexOf(priority)
  return place < 0 ? ORDER.length : place
}
