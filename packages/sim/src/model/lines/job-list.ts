import type { Job } from '../workplace.ts'

/** A list through the waiting requests themselves, so that waiting allocates nothing and leaving takes O(1). */
export class JobList {
  first: Job | undefined = undefined
  last: Job | undefined = undefined
  size = 0

  join(job: Job): void {
    const { last } = this
    job.inLine = this
    job.jobBefore = last
    if (last === undefined) this.first = job
    else last.jobAfter = job
    this.last = job
    this.size += 1
  }

  leave(job: Job): void {
    const { jobBefore, jobAfter } = job
    if (jobBefore === undefined) this.first = jobAfter
    else jobBefore.jobAfter = jobAfter
    if (jobAfter === undefined) this.last = jobBefore
    else jobAfter.jobBefore = jobBefore
    job.jobBefore = undefined
    job.jobAfter = undefined
    job.inLine = undefined
    this.size -= 1
  }

  shift(): Job | undefined {
    const { first } = this
    if (first !== undefined) this.leave(first)
    return first
  }

  pop(): Job | undefined {
    const { last } = this
    if (last !== undefined) this.leave(last)
    return last
  }
}
