// Compares ways of making one call, in one process, as multiples of the first of them. Absolute times move by half from
// run to run on a shared machine; ratios taken side by side hold. So every round is one tinybench run in which each
// contender makes one batch of calls (its timer costs more than one call), in an order that turns from round to round;
// time is the main thread's CPU time; what is told is the median over the rounds.
import { Bench } from 'tinybench'
import { bytesPerCall } from './heap.ts'
import { type Limits, type Row, rowOf } from './row.ts'
import { median, noiseOf } from './statistics.ts'

export interface Contender {
  readonly name: string
  /** One call; its promise is awaited, unless `isSync`. */
  readonly call: () => unknown
  /** There is no promise: the call is made in a plain loop, as an await would cost as much as what is measured. */
  readonly isSync?: boolean
  readonly close?: () => void
  readonly atMost?: Limits
}

type Loop = (calls: number) => Promise<void>

/** The kernel counts CPU time in ticks of up to 4 ms: a batch must be many of them. */
const BATCH_MS = 40
const WARM_UP_ROUNDS = 10

export async function compare(suite: string, contenders: readonly Contender[], rounds: number): Promise<Row[]> {
  const loops = contenders.map(loopOf)
  const batches: number[] = []
  for (const loop of loops) batches.push(await batchSize(loop))
  const times: number[][] = contenders.map(() => [])
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    // What was compiled meanwhile makes more calls in the same time.
    if (round === 0) for (const [who, loop] of loops.entries()) batches[who] = await batchSize(loop)
    const bench = new Bench({ iterations: 1, time: 0, warmup: false, throws: true, now: cpuNowMs })
    for (let turn = 0; turn < loops.length; turn++) {
      const who = (turn + round + WARM_UP_ROUNDS) % loops.length
      // Said, or tinybench finds out by running the batch once more at the side of all the others.
      bench.add(String(who), () => loops[who]!(batches[who]!), { async: true })
    }
    for (const { name, result } of await bench.run()) {
      if (round >= 0 && 'latency' in result)
        times[Number(name)]!.push((result.latency.mean * 1e6) / batches[Number(name)]!)
    }
  }
  const rows: Row[] = []
  for (const [who, { name, atMost, close }] of contenders.entries()) {
    const ratios = times[who]!.map((ns, at) => ns / times[0]![at]!)
    const perCallNs = median(times[who]!)
    const bytes = await bytesPerCall(loops[who]!)
    rows.push(rowOf(suite, { name, ratio: median(ratios), noise: noiseOf(ratios), perCallNs, bytes }, atMost))
    close?.()
  }
  return rows
}

/** A loop compiled for this call alone: through one shared loop each contender would slow the others' call site. */
function loopOf({ call, isSync = false }: Contender): Loop {
  const step = isSync ? 'call()' : 'await call()'
  return new Function('call', `return async (calls) => { for (let i = 0; i < calls; i++) ${step} }`)(call)
}

async function batchSize(loop: Loop): Promise<number> {
  for (let calls = 64; ; calls *= 2) {
    const before = cpuNowMs()
    await loop(calls)
    const ms = cpuNowMs() - before
    if (ms >= BATCH_MS / 2) return Math.ceil((calls * BATCH_MS) / ms)
  }
}

export function cpuNowMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
