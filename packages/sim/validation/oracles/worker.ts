// A worker thread of `pnpm validation`: takes one run at a time and answers what each of its oracles measures in it.
import { answerJobs } from '../../src/running/workers/node-answer-jobs.ts'
import { oracles } from './all.ts'
import { measureOnce } from './oracle.ts'
import type { Job, JobDone } from './pool.ts'

answerJobs(async ({ ids, arrivals, seed }: Job): Promise<JobDone> => {
  const figures: Record<string, number> = {}
  for (const oracle of oracles)
    if (ids.includes(oracle.id)) figures[oracle.id] = await measureOnce(oracle, arrivals, seed)
  return { figures }
})
