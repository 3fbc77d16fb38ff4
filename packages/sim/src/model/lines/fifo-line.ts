import type { Job } from '../workplace.ts'
import { JobList } from './job-list.ts'
import type { Line } from './line.ts'

/** First come, first served. */
export class FirstComeLine extends JobList implements Line {
  readonly seesAll = false

  giveUp(): undefined {
    return undefined
  }
  next(): Job | undefined {
    return this.shift()
  }
}
