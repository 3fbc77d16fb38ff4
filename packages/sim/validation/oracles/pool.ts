import { WorkerPool } from '../../src/running/workers/node-worker-pool.ts'
import { arrivalsOf, type Oracle, type Size } from './oracle.ts'

/** One run, and the oracles that are measured in it. */
export interface Job {
  readonly ids: readonly string[]
  readonly arrivals: number
  readonly seed: number
}

export interface JobDone {
  /** By oracle. */
  readonly figures: Readonly<Record<string, number>>
}

/** The runs that oracles need, each once. */
export function jobsFor(oracles: readonly Oracle[], size: Size, seedsOf: (oracle: Oracle) => number): Job[] {
  const sharing = new Map<Oracle['scenario'], Map<number, Oracle[]>>()
  for (const oracle of oracles) {
    const lengths = sharing.get(oracle.scenario) ?? new Map<number, Oracle[]>()
    sharing.set(oracle.scenario, lengths.set(oracle.arrivals, [...(lengths.get(oracle.arrivals) ?? []), oracle]))
  }
  const jobs: Job[] = []
  for (const together of [...sharing.values()].flatMap((lengths) => [...lengths.values()])) {
    const seeds = Math.max(...together.map(seedsOf))
    const arrivals = Math.max(...together.map((one) => arrivalsOf(one, size)))
    for (let seed = 1; seed <= seeds; seed++) {
      jobs.push({ ids: together.filter((one) => seed <= seedsOf(one)).map(({ id }) => id), arrivals, seed })
    }
  }
  return jobs
}

/** Runs the jobs on every core. What is measured does not depend on how many there are. */
export async function runJobs(jobs: readonly Job[], onDone: (job: Job, done: JobDone) => void): Promise<void> {
  await using pool = new WorkerPool<Job, JobDone>(new URL('./worker.ts', import.meta.url))
  await Promise.all(jobs.map(async (job) => onDone(job, await pool.ask(job))))
}
