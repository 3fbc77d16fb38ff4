// What the heap holds, read after a collection.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { median } from './statistics.ts'

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

const READINGS = 5
/** Few enough that the young generation holds what they allocate, so that no collection falls between two readings. */
const FEW = 100
const MANY = 400

/** Bytes on the heap after a collection. */
export function heapBytes(): number {
  collect()
  return process.memoryUsage().heapUsed
}

/** What one call allocates, as the difference of many and few: what the first call after a collection makes is left out. */
export async function bytesPerCall(loop: (calls: number) => Promise<void>): Promise<number> {
  const readings: number[] = []
  for (let i = 0; i < READINGS; i++) {
    const few = await allocated(() => loop(FEW))
    readings.push(((await allocated(() => loop(MANY))) - few) / (MANY - FEW))
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
