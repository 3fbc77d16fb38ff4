// A worker thread of `pnpm validation`: takes one run at a time and answers what each of its oracles measures in it.
import { parentPort } from 'node:worker_threads'
import { oracles } from './all.ts'
import { measureOnce } from './oracle.ts'
import type { Job, JobDone } from './pool.ts'

parentPort?.on('message', async ({ ids, size, seed }: Job) => {
  const figures: Record<string, number> = {}
  for (const oracle of oracles) if (ids.includes(oracle.id)) figures[oracle.id] = await measureOnce(oracle, size, seed)
  parentPort?.postMessage({ figures } satisfies JobDone)
})
