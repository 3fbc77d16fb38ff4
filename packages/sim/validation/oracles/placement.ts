// Balls in bins: what chance alone makes of the fullest (brooker.co.za/blog/2018/01/01/balls-into-bins).
import type { ScenarioData, ServiceData } from '../../src/scenario/scenario-data.ts'
import type { Oracle } from './oracle.ts'

const BINS = 100

/** Each call goes to a service drawn evenly: no balancer that draws is there yet. */
function thrown(balls: number): ScenarioData {
  const topology: Record<string, ServiceData> = {}
  for (let i = 1; i <= BINS; i++) topology[`bin${i}`] = {}
  return {
    name: 'balls in bins',
    duration: '1s',
    network: { latency: 0 },
    topology,
    workload: [{ constantArrivalRate: { to: Object.keys(topology).map((service) => ({ service })), rate: balls } }],
  }
}

export const placement: readonly Oracle[] = (
  [
    [100, 4.24, 1000],
    [1000, 18.76, 200],
    [10_000, 125.9, 60],
    [100_000, 1081.6, 10],
  ] as const
).map(([balls, theory, seeds]) => ({
  id: `L10 M=${balls}`,
  name: `${balls} calls, each to one of ${BINS} services at random: most at one`,
  theory,
  tolerance: 0.02,
  arrivals: balls,
  quickArrivals: balls,
  seeds,
  quickSeeds: balls < 10_000 ? 20 : 1,
  scenario: thrown,
  measure: (run) => Math.max(...Object.values(run.services).map(({ offered }) => offered)),
}))
