import { LinkedList } from '@seakeep/core/spi'
import type { Job } from '../workplace.ts'

/** Requests that wait: waiting allocates nothing and leaving takes O(1). */
export class JobList extends LinkedList<Job> {
  join(job: Job): void {
    job.inLine = this
    this.append(job)
  }

  leave(job: Job): void {
    this.remove(job)
  }

  override remove(job: Job): void {
    job.inLine = undefined
    super.remove(job)
  }
}
