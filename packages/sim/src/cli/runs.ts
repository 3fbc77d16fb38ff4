/** Who makes the runs of a command: this thread, one after the other, or several worker threads. */
import type { RunDocument } from '../recording/run-document.ts'
import { WorkerPool } from '../running/workers/node-worker-pool.ts'
import { type LoadedFiles, type RunJob, scenarioOf } from '../running/workers/run-job.ts'
import type { RunProgress, Runs, Simulate } from './io.ts'

/** On this thread. */
export function runsHere(simulate: Simulate): Runs {
  const files: LoadedFiles = new Map()
  return {
    width: 1,
    run: async (job, options = {}) =>
      await simulate(await scenarioOf(job, files), {
        ...options,
        allTimelines: job.allTimelines,
        inDetail: job.inDetail,
      }),
    [Symbol.asyncDispose]: async () => {},
  }
}

/** On `width` worker threads: the same documents, but for `wallMs`. */
export function runsOnThreads(width: number): Runs {
  const pool = new WorkerPool<RunJob, RunDocument>(
    new URL(import.meta.url.endsWith('.ts') ? './run-worker.ts' : './run-worker.js', import.meta.url),
    width,
  )
  return {
    width,
    run: (job, { onProgress, signal } = {}) =>
      pool.ask(job, { signal, ...(onProgress && { onNote: (note) => onProgress(note as RunProgress) }) }),
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  }
}
