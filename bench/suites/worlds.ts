// What a simulated call costs in worlds of different sizes, under one load: what a longer run adds, so that making the world
// does not count. In a large world nearly all that a call touches lies beyond the machine's caches.
import { rowOf, type Suite } from '../row.ts'
import { type Fleet, simulated } from '../simulated-fleet.ts'
import { median, noiseOf } from '../statistics.ts'

const SECONDS = 10
const TIMES = 5
/** The first is what the others are compared with. */
const SIZES = [40, 10, 1000, 3000] as const
const MOST_NS = 1e9 / 300_000
const MOST_RATIO: Partial<Record<number, number>> = { 1000: 2.5 }
/** Five times the run may take so many times the time. */
const MOST_GROWTH = 5.6

export const worlds: Suite = {
  name: 'worlds',
  run: async (rounds) => {
    const perCall: number[][] = SIZES.map(() => [])
    const growth: number[][] = SIZES.map(() => [])
    for (let round = -1; round < Math.max(3, Math.round(rounds / 10)); round++) {
      for (const [size, services] of SIZES.entries()) {
        const fleet: Fleet = { services, isGoverned: true }
        const short = await simulated(fleet, SECONDS)
        const long = await simulated(fleet, TIMES * SECONDS)
        if (round < 0) continue
        perCall[size]!.push(((long.ms - short.ms) * 1e6) / (long.calls - short.calls))
        growth[size]!.push(long.ms / short.ms)
      }
    }
    return SIZES.flatMap((services, size) => {
      const name = `${thousands(services)} services × 3`
      const ratios = perCall[size]!.map((ns, at) => ns / perCall[0]![at]!)
      const perCallNs = median(perCall[size]!)
      const ratio = MOST_RATIO[services]
      const most = { perCallNs: MOST_NS, ...(ratio === undefined ? {} : { ratio }) }
      const grown = { ratio: median(growth[size]!), noise: noiseOf(growth[size]!), perCallNs, bytes: 0 }
      return [
        rowOf('worlds', { name, ratio: median(ratios), noise: noiseOf(ratios), perCallNs, bytes: 0 }, most),
        rowOf('worlds', { name: `${name}, time of five times the run`, ...grown }, { ratio: MOST_GROWTH }),
      ]
    })
  },
}

function thousands(count: number): string {
  return count.toLocaleString('en')
}
