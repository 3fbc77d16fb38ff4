// The universal scalability law: N users of a server whose work grows with how many are at work.
import { lasting, serverOf } from './figures.ts'
import type { Oracle } from './oracle.ts'
import { EXPONENTIAL } from './queues.ts'

const SIGMA = 0.05
const KAPPA = 0.001
const WARMUP = 0.1

/** Calls a service time of one alone (Gunther, Guerrilla Capacity Planning, 2007, ch. 4). */
export function throughput(users: number): number {
  return users / (1 + SIGMA * (users - 1) + KAPPA * users * (users - 1))
}

export const scalability: readonly Oracle[] = [8, 16, 31, 64].map((users) => ({
  id: `Q15 N=${users}`,
  name: `universal scalability law, σ ${SIGMA}, κ ${KAPPA}, ${users} users: calls a service time`,
  theory: throughput(users),
  tolerance: 0.005,
  arrivals: 1_000_000,
  scenario: (arrivals) => ({
    name: 'scalability',
    ...lasting(arrivals, throughput(users), WARMUP),
    network: { latency: 0 },
    topology: { server: { work: EXPONENTIAL, contention: { alpha: SIGMA, beta: KAPPA } } },
    workload: [{ closedLoop: { to: 'server', clients: users, callers: 1 } }],
  }),
  measure(run) {
    const seconds = run.virtualMs / 1000
    return serverOf(run).completed / (seconds - Math.round(seconds * WARMUP))
  },
}))
