// What the heap holds, read after a collection.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { median } from './statistics.ts'

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

const READINGS = 5
/** What many calls allocate together: little enough that the young generation holds it, so that no collection is between. */
const ROOM = 6e6
const FEWEST = 100
const MOST = 5000

/** Bytes on the heap after a collection. */
export function heapBytes(): number {
  collect()
  return process.memoryUsage().heapUsed
}

/**
 * What one call allocates, as the difference of many and few. A collection makes V8 forget some of what it had compiled, so
 * the calls after it allocate more than those of a process that runs: they are among the few, and fall out.
 */
export async function bytesPerCall(loop: (calls: number) => Promise<void>): Promise<number> {
  const rough = (await allocated(() => loop(FEWEST))) / FEWEST
  const many = Math.round(Math.min(Math.max(ROOM / rough, 4 * FEWEST), MOST))
  const few = Math.round(many / 3)
  const readings: number[] = []
  for (let i = 0; i < READINGS; i++) {
    const atFirst = await allocated(() => loop(few))
    readings.push(((await allocated(() => loop(many))) - atFirst) / (many - few))
  }
  return median(readings)
}

async function allocated(run: () => Promise<void>): Promise<number> {
  const before = heapBytes()
  await run()
  return process.memoryUsage().heapUsed - before
}

/** The heap that `count` objects keep, a piece. */
export function bytesKept(create: () => unknown, count: number): number {
  const kept: unknown[] = []
  const before = heapBytes()
  for (let i = 0; i < count; i++) kept.push(create())
  return (heapBytes() - before) / kept.length
}
