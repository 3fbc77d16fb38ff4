// How fast calls are simulated: ten services in three instances each, every call through the whole production pipeline,
// against the same world without policies; declared services, and handlers that await. Runs in turn; medians.
import { rowOf, type Suite } from '../row.ts'
import { type Fleet, simulated } from '../simulated-fleet.ts'
import { median, noiseOf } from '../statistics.ts'

/** A run is half a second and so many calls. */
const SECONDS = 10
const CONTENDERS: readonly { readonly name: string; readonly fleet: Fleet; readonly callsPerSecond?: number }[] = [
  { name: '10 services × 3, bare calls', fleet: { services: 10, isGoverned: false } },
  { name: '10 services × 3, all policies', fleet: { services: 10, isGoverned: true }, callsPerSecond: 300_000 },
  {
    name: '10 services × 3, all policies, async handlers',
    fleet: { services: 10, isGoverned: true, isAsync: true },
    callsPerSecond: 150_000,
  },
]

export const simulation: Suite = {
  name: 'simulation',
  run: async (rounds) => {
    const times: number[][] = CONTENDERS.map(() => [])
    // A tenth of the rounds tells enough.
    for (let round = -2; round < Math.max(3, Math.round(rounds / 10)); round++) {
      for (const [who, { fleet }] of CONTENDERS.entries()) {
        const { ms, calls } = await simulated(fleet, SECONDS)
        if (round >= 0) times[who]!.push((ms * 1e6) / calls)
      }
    }
    return CONTENDERS.map(({ name, callsPerSecond }, who) => {
      const ratios = times[who]!.map((ns, at) => ns / times[0]![at]!)
      const measured = { name, ratio: median(ratios), noise: noiseOf(ratios), perCallNs: median(times[who]!), bytes: 0 }
      return rowOf('simulation', measured, callsPerSecond && { perCallNs: 1e9 / callsPerSecond })
    })
  },
}
