// Compares ways of making one call, in one process, as multiples of the first of them. Absolute times move by half from
// run to run on a shared machine; ratios taken side by side hold. So every round is one tinybench run in which each
// contender makes one batch of calls (its timer costs more than one call), in an order that turns from round to round;
// time is the main thread's CPU time; what is told is the median over the rounds.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Bench } from 'tinybench'

export interface Contender {
  readonly name: string
  /** One call; its promise is awaited. */
  readonly call: () => unknown
  readonly close?: () => void
  /** The row is bad, and the bench exits 1, when a median lies above. */
  readonly atMost?: { readonly ratio?: number; readonly bytes?: number }
}

export interface Row {
  readonly suite: string
  readonly name: string
  /** Multiple of the suite's first contender. */
  readonly ratio: number
  readonly perCallNs: number
  /** Allocated on the heap by one call. */
  readonly bytes: number
  readonly ok: boolean
}

export interface Suite {
  readonly name: string
  readonly run: (rounds: number) => Promise<Row[]>
}

type Loop = (calls: number) => Promise<void>

/** The kernel counts CPU time in ticks of up to 4 ms: a batch must be many of them. */
const BATCH_MS = 40
const WARM_UP_ROUNDS = 20
/** Few enough that the young generation holds what they allocate, so that no collection falls between two readings. */
const CALLS_PER_HEAP_READING = 300
const HEAP_READINGS = 15

export async function compare(suite: string, contenders: readonly Contender[], rounds: number): Promise<Row[]> {
  const loops = contenders.map(({ call }) => loopOf(call))
  const batches: number[] = []
  for (const loop of loops) batches.push(await batchSize(loop))

  const times: number[][] = contenders.map(() => [])
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    const bench = new Bench({ iterations: 1, time: 0, warmup: false, throws: true, now: cpuNowMs })
    for (let turn = 0; turn < loops.length; turn++) {
      const who = (turn + round + WARM_UP_ROUNDS) % loops.length
      bench.add(String(who), () => loops[who]!(batches[who]!))
    }
    for (const { name, result } of await bench.run()) {
      if (round >= 0 && 'latency' in result)
        times[Number(name)]!.push((result.latency.mean * 1e6) / batches[Number(name)]!)
    }
  }
  const rows: Row[] = []
  for (const [who, { name, atMost, close }] of contenders.entries()) {
    const ratio = rounded(median(times[who]!.map((ns, at) => ns / times[0]![at]!)), 2)
    const bytes = rounded(await bytesPerCall(loops[who]!), 0)
    const ok =
      ratio <= (atMost?.ratio ?? Number.POSITIVE_INFINITY) && bytes <= (atMost?.bytes ?? Number.POSITIVE_INFINITY)
    rows.push({ suite, name, ratio, perCallNs: rounded(median(times[who]!), 1), bytes, ok })
    close?.()
  }
  return rows
}

/** A loop compiled for this call alone: through one shared loop each contender would slow the others' call site. */
function loopOf(call: () => unknown): Loop {
  return new Function('call', 'return async (calls) => { for (let i = 0; i < calls; i++) await call() }')(call)
}

async function batchSize(loop: Loop): Promise<number> {
  for (let calls = 64; ; calls *= 2) {
    // By the wall clock: a few calls that a tick falls into would seem to take all of it.
    const before = performance.now()
    await loop(calls)
    const ms = performance.now() - before
    if (ms >= BATCH_MS) return Math.ceil((calls * BATCH_MS) / ms)
  }
}

export function cpuNowMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

/** The heap that `count` objects keep, a piece. */
export function bytesOf(create: () => unknown, count: number): number {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const kept: unknown[] = []
  collect()
  const before = process.memoryUsage().heapUsed
  for (let i = 0; i < count; i++) kept.push(create())
  collect()
  return (process.memoryUsage().heapUsed - before) / kept.length
}

async function bytesPerCall(loop: Loop): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const readings: number[] = []
  for (let i = 0; i < HEAP_READINGS; i++) {
    collect()
    const before = process.memoryUsage().heapUsed
    await loop(CALLS_PER_HEAP_READING)
    readings.push((process.memoryUsage().heapUsed - before) / CALLS_PER_HEAP_READING)
  }
  return median(readings)
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

export function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
