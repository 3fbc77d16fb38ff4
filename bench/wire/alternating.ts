// Two ways of making a call over the wire, by the CPU time of this process: batches in turn, so that whatever else the
// machine does meets both. What is told is how many calls the second makes in the CPU time the first needs for one: 1 is
// even, and it falls short only where the whole 95 % interval of the median lies below the bound.
import { type Row, rowOf } from '../row.ts'
import { intervalOf, median } from '../statistics.ts'

export interface Side {
  readonly name: string
  readonly call: () => Promise<unknown>
}

const IN_FLIGHT = 32
const BATCH_MS = 60
const WARM_UP_ROUNDS = 5

export async function alternate(
  suite: string,
  bare: Side,
  governed: Side,
  rounds: number,
  atLeast?: number,
): Promise<Row[]> {
  const sides = [bare, governed] as const
  const batches = await Promise.all([0, 0])
  for (const [who, { call }] of sides.entries()) batches[who] = await batchSize(call)
  const costs: [number[], number[]] = [[], []]
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    if (round === 0) for (const [who, { call }] of sides.entries()) batches[who] = await batchSize(call)
    for (let turn = 0; turn < 2; turn++) {
      const who = (turn + round + WARM_UP_ROUNDS) % 2
      const ms = await cpuOf(sides[who]!.call, batches[who]!)
      if (round >= 0) costs[who as 0 | 1].push((ms * 1e6) / batches[who]!)
    }
  }
  const ratios = costs[0].map((ns, at) => ns / costs[1][at]!)
  const [low, high] = intervalOf(ratios)
  return sides.map(({ name }, who) => {
    const perCallNs = median(costs[who as 0 | 1])
    const isBare = who === 0
    const row = rowOf(suite, {
      name,
      ratio: isBare ? 1 : median(ratios),
      noise: isBare ? 0 : (high - low) / 2,
      perCallNs,
      bytes: 0,
    })
    if (isBare) return row
    return { ...row, interval: [low, high], ...(atLeast === undefined ? {} : { atLeast, ok: high >= atLeast }) }
  })
}

async function cpuOf(call: () => Promise<unknown>, calls: number): Promise<number> {
  const before = process.cpuUsage()
  let left = calls
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1
      await call()
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane))
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

async function batchSize(call: () => Promise<unknown>): Promise<number> {
  for (let calls = 256; ; calls *= 2) {
    const ms = await cpuOf(call, calls)
    if (ms >= BATCH_MS / 2) return Math.ceil((calls * BATCH_MS) / ms)
  }
}
