/** The other end of a {@link WorkerPool}: does one job after the other, and tells what came of each. */
import { parentPort } from 'node:worker_threads'
import { isConfigError } from '@seakeep/core'
import type { FromWorker, Thrown, ToWorker } from './node-worker-pool.ts'

export interface JobContext {
  /** Aborted where the job is to end early. */
  readonly signal: AbortSignal
  /** Tells the pool how far it is. */
  note(note: unknown): void
}

export function answerJobs<Job, Done>(perform: (job: Job, context: JobContext) => Promise<Done>): void {
  let stopping: AbortController | undefined
  const say = (said: FromWorker<Done>): void => parentPort?.postMessage(said)
  parentPort?.on('message', async (told: ToWorker<Job>) => {
    if ('stop' in told) return stopping?.abort()
    const controller = new AbortController()
    stopping = controller
    try {
      say({ done: await perform(told.job, { signal: controller.signal, note: (note) => say({ note }) }) })
    } catch (error) {
      say({ thrown: thrown(error) })
    } finally {
      stopping = undefined
    }
  })
}

function thrown(error: unknown): Thrown {
  if (!(error instanceof Error)) return { message: `thrown: ${String(error)}`, stack: undefined, isUsers: false }
  const { message, stack, cause } = error
  const because = cause instanceof Error ? `\ncaused by: ${cause.stack ?? cause.message}` : ''
  return { message, stack: stack === undefined ? undefined : stack + because, isUsers: isConfigError(error) }
}
