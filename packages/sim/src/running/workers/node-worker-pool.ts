/**
 * Worker threads that each do one job at a time, whatever the job is. Jobs are asked for in order and done by whoever is
 * free, so what comes of one may not depend on who does it; threads are started as they are needed and kept until the
 * pool is disposed of.
 */
import { availableParallelism } from 'node:os'
import process from 'node:process'
import { Worker } from 'node:worker_threads'

/** What a pool says to a worker, and a worker to its pool. */
export type ToWorker<Job> = { readonly job: Job } | { readonly stop: true }
export type FromWorker<Done> = { readonly done: Done } | { readonly note: unknown } | { readonly thrown: Thrown }

/** An exception that has crossed from one thread to another: what is told of it, and which kind it was. */
export interface Thrown {
  readonly message: string
  readonly stack: string | undefined
  /** Something its user can put right: told without a stack. */
  readonly isUsers: boolean
}

/** What a job of a worker threw. */
export class WorkerError extends Error {
  readonly isUsers: boolean

  constructor({ message, stack, isUsers }: Thrown) {
    super(message)
    this.name = 'WorkerError'
    this.isUsers = isUsers
    if (stack !== undefined) this.stack = stack
  }
}

export function coresHere(): number {
  return availableParallelism()
}

interface Asked<Job, Done> {
  readonly job: Job
  readonly onNote: ((note: unknown) => void) | undefined
  readonly signal: AbortSignal | undefined
  readonly resolve: (done: Done) => void
  readonly reject: (error: unknown) => void
}

export class WorkerPool<Job, Done> implements AsyncDisposable {
  readonly size: number
  readonly #program: URL
  readonly #waiting: Asked<Job, Done>[] = []
  readonly #idle: Worker[] = []
  readonly #all = new Set<Worker>()
  #isClosed = false

  /** `program`: the module whose {@link answerJobs} does the work. */
  constructor(program: URL, size: number = coresHere()) {
    this.#program = program
    this.size = size
  }

  /** Rejects with a {@link WorkerError} where the job threw. `signal` asks the worker to end it early. */
  ask(job: Job, options: { onNote?: (note: unknown) => void; signal?: AbortSignal | undefined } = {}): Promise<Done> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ job, onNote: options.onNote, signal: options.signal, resolve, reject })
      this.#serve()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    for (const { reject } of this.#waiting.splice(0)) reject(new Error('the workers have been dismissed'))
    await Promise.all([...this.#all].map((worker) => worker.terminate()))
  }

  #serve(): void {
    while (this.#waiting.length > 0 && !this.#isClosed) {
      const worker = this.#idle.pop() ?? this.#hire()
      if (worker === undefined) return
      this.#give(worker, this.#waiting.shift() as Asked<Job, Done>)
    }
  }

  #hire(): Worker | undefined {
    if (this.#all.size >= this.size) return undefined
    const worker = new Worker(this.#program, { execArgv: argumentsFor(this.#program) })
    this.#all.add(worker)
    return worker
  }

  #give(worker: Worker, { job, onNote, signal, resolve, reject }: Asked<Job, Done>): void {
    const stop = (): void => worker.postMessage({ stop: true } satisfies ToWorker<Job>)
    const onMessage = (said: FromWorker<Done>): void => {
      if ('note' in said) return onNote?.(said.note)
      release()
      this.#idle.push(worker)
      if ('done' in said) resolve(said.done)
      else reject(new WorkerError(said.thrown))
      this.#serve()
    }
    const onLost = (cause: unknown): void => {
      release()
      this.#all.delete(worker)
      reject(cause instanceof Error ? cause : new Error(`a worker thread has ended with code ${cause}`))
      this.#serve()
    }
    const release = (): void => {
      worker.off('message', onMessage).off('error', onLost).off('exit', onLost)
      signal?.removeEventListener('abort', stop)
    }
    worker.on('message', onMessage).on('error', onLost).on('exit', onLost)
    worker.postMessage({ job } satisfies ToWorker<Job>)
    if (signal?.aborted === true) stop()
    else signal?.addEventListener('abort', stop)
  }
}

/** Run from its sources a worker must find those of its neighbours, too, however this process was started. */
function argumentsFor(program: URL): string[] {
  const isSource = program.pathname.endsWith('.ts') && !process.execArgv.includes('@seakeep/source')
  return isSource ? [...process.execArgv, '-C', '@seakeep/source'] : process.execArgv
}
