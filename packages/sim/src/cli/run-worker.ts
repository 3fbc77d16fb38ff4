/** A worker thread of the program `seakeep`: one run after the other. */
import { runScenario } from '../running/run-scenario.ts'
import { answerJobs } from '../running/workers/node-answer-jobs.ts'
import { type LoadedFiles, type RunJob, scenarioOf } from '../running/workers/run-job.ts'
import { provideOwnPackages } from './own-packages.ts'

provideOwnPackages()
const files: LoadedFiles = new Map()

answerJobs(async (job: RunJob, { signal, note }) => {
  const scenario = await scenarioOf(job, files)
  const { document } = await runScenario(scenario, {
    signal,
    onProgress: note,
    allTimelines: job.allTimelines,
    inDetail: job.inDetail,
  })
  return document
})
