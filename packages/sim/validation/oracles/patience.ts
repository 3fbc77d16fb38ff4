// Erlang-A: who waits in line leaves after a time drawn for each.
import { lasting, serverOf } from './figures.ts'
import type { Oracle } from './oracle.ts'
import { EXPONENTIAL } from './queues.ts'

/** P(abandon) in M/M/c with patience of rate θ: the birth-death chain, cut where nobody ever is. */
export function erlangA(c: number, lambda: number, mu: number, theta: number, upTo = 4000): number {
  let p = 1
  let sum = 1
  let leaving = 0
  for (let k = 1; k < upTo; k++) {
    const waiting = Math.max(0, k - c)
    p *= lambda / (Math.min(k, c) * mu + waiting * theta)
    sum += p
    leaving += p * waiting * theta
  }
  return leaving / sum / lambda
}

const SERVERS = 10
const PATIENCE = 2

export const patience: readonly Oracle[] = [8, 10, 12, 20].map((rate) => ({
  id: `Q11 ${rate}`,
  name: `M/M/${SERVERS} with patience of ${PATIENCE} service times, ${rate} a service time: share that gives up`,
  theory: erlangA(SERVERS, rate, 1, 1 / PATIENCE),
  tolerance: 0.04,
  arrivals: 1_000_000,
  scenario: (arrivals) => ({
    name: 'patience',
    ...lasting(arrivals, rate),
    network: { latency: 0 },
    topology: {
      server: { concurrency: SERVERS, work: EXPONENTIAL, queueTimeout: { exponential: { mean: PATIENCE * 1000 } } },
    },
    workload: [{ poisson: { to: 'server', rate } }],
  }),
  measure(run) {
    const { refused, arrivals } = serverOf(run)
    return refused / arrivals
  },
}))
