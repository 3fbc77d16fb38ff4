import type { Job } from '../workplace.ts'
import { JobList } from './job-list.ts'
import type { Line } from './line.ts'

/** Last come, first served, always. (The limiter's `lifo` of the core is adaptive: in order, but under overload.) */
export class LastComeLine extends JobList implements Line {
  readonly seesAll = false

  giveUp(): undefined {
    return undefined
  }
  next(): Job | undefined {
    return this.pop()
  }
}
