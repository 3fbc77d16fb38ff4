// Load balancing: the production balancers, their in-flight counts being the queue lengths (no network, one caller).
import type { ScenarioData } from '../../src/scenario/scenario-data.ts'
import { crossing, erlangTail, lasting, meanSeconds, p50Seconds, p99Seconds } from './figures.ts'
import type { Oracle } from './oracle.ts'

/** Mean time in the supermarket model with d choices, N → ∞ (Mitzenmacher, TPDS 2001). */
export function supermarket(lambda: number, d: number): number {
  let sum = 0
  for (let i = 1; i < 40; i++) {
    const exponent = (d ** i - d) / (d - 1)
    if (exponent < 1e5) sum += lambda ** exponent
  }
  return sum
}

/** P(T > t) there, d = 2: who joins behind k others, as one does with P(Q ≥ k)² - P(Q ≥ k+1)², stays for k+1 services. */
function supermarketTail(lambda: number, t: number): number {
  const joins = (k: number): number => lambda ** (2 * (2 ** k - 1))
  let sum = 0
  for (let k = 0; k < 20; k++) sum += (joins(k) - joins(k + 1)) * erlangTail(k + 1, t)
  return sum
}

/** Mean time with round robin over n servers: each is an E_n/M/1 queue. */
export function roundRobin(n: number, rho: number): number {
  let sigma = 0.5
  for (let i = 0; i < 10_000; i++) sigma = ((n * rho) / (n * rho + 1 - sigma)) ** n
  return 1 / (1 - sigma)
}

/** Servers of one worker and exponential work of one second, λ of whose time is taken. */
export function farm(
  loadBalancing: string | Readonly<Record<string, unknown>>,
  servers: number,
  lambda: number,
  clients = 1,
): (arrivals: number) => ScenarioData {
  return (arrivals) => ({
    name: 'farm',
    ...lasting(arrivals, lambda * servers),
    network: { latency: 0 },
    policies: { version: 1, targets: { server: { loadBalancing } } },
    topology: { server: { replicas: servers, concurrency: 1, work: { exponential: { mean: '1s' } } } },
    workload: [{ poisson: { to: 'server', rate: lambda * servers, clients } }],
  })
}

const SERVERS = 100

const twoChoices: Oracle[] = [0.5, 0.7, 0.9, 0.95].flatMap((lambda): Oracle[] => {
  const common = {
    tolerance: lambda < 0.9 ? 0.02 : 0.03,
    arrivals: lambda < 0.95 ? 1_000_000 : 2_000_000,
    scenario: farm('p2c', SERVERS, lambda),
  }
  const quantile = (q: number): number => crossing((t) => supermarketTail(lambda, t), 1 - q, 100)
  const what = `power of two choices, ${SERVERS} servers, λ ${lambda}`
  const rows: Oracle[] = [
    {
      ...common,
      id: `L1 ${lambda}`,
      name: `${what}: mean time in system`,
      theory: supermarket(lambda, 2),
      measure: meanSeconds,
    },
  ]
  if (lambda !== 0.9) return rows
  // The tail of the queue lengths, by the times that follow from it: lengths are not in the run document.
  const tail = { ...common, tolerance: 0.03 }
  return [
    ...rows,
    { ...tail, id: `L2 p50 ${lambda}`, name: `${what}: median time`, theory: quantile(0.5), measure: p50Seconds },
    { ...tail, id: `L2 p99 ${lambda}`, name: `${what}: p99 of the time`, theory: quantile(0.99), measure: p99Seconds },
  ]
})

const TURNS: readonly (readonly [lambda: number, servers: number, arrivals: number])[] = [
  [0.7, 2, 1_000_000],
  [0.7, 10, 1_000_000],
  [0.7, 100, 1_000_000],
  [0.9, 2, 2_000_000],
  [0.9, 10, 1_000_000],
  [0.9, 100, 1_000_000],
  [0.95, 10, 3_000_000],
  [0.95, 100, 2_000_000],
]

const inTurn: Oracle[] = TURNS.map(([lambda, servers, arrivals]) => ({
  id: `L3 ${lambda} N=${servers}`,
  name: `round robin, ${servers} servers, λ ${lambda}: mean time in system`,
  theory: roundRobin(servers, lambda),
  tolerance: 0.04,
  arrivals,
  // A quick run of these is over before it is steady.
  quickSeeds: lambda === 0.95 || (lambda === 0.9 && servers === 100) ? 0 : 1,
  scenario: farm('round-robin', servers, lambda),
  measure: meanSeconds,
}))

/** A balancer that draws without looking leaves each server an M/M/1 queue. */
const drawn: Oracle[] = [0.5, 0.7, 0.9].map((lambda) => ({
  id: `L1 random ${lambda}`,
  name: `random, ${SERVERS} servers, λ ${lambda}: mean time in system`,
  theory: 1 / (1 - lambda),
  tolerance: lambda < 0.9 ? 0.02 : 0.03,
  arrivals: lambda < 0.9 ? 300_000 : 1_000_000,
  // At 0.9 a quick run is over before it is steady.
  quickSeeds: lambda < 0.9 ? 1 : 0,
  scenario: farm('random', SERVERS, lambda),
  measure: meanSeconds,
}))

/** Theory is of infinitely many: a hundred servers are 3.7 % slower at λ 0.95. */
const MANY_SERVERS = 400

const threeChoices: Oracle[] = [0.7, 0.9, 0.95].map((lambda) => ({
  id: `L1 d=3 ${lambda}`,
  name: `least request of three choices, ${MANY_SERVERS} servers, λ ${lambda}: mean time in system`,
  theory: supermarket(lambda, 3),
  tolerance: lambda < 0.9 ? 0.02 : 0.03,
  arrivals: 600_000,
  // What is quick with so many servers is over before it is steady.
  quickSeeds: lambda < 0.9 ? 1 : 0,
  scenario: farm({ algorithm: 'least-request', choices: 3 }, MANY_SERVERS, lambda),
  measure: meanSeconds,
}))

/** Simulated by an independent reference: there is no closed form. */
const SHORTEST: readonly (readonly [lambda: number, servers: number, mean: number, arrivals: number])[] = [
  [0.7, 10, 1.157, 300_000],
  [0.9, 10, 1.911, 600_000],
  [0.95, 10, 2.92, 1_500_000],
  [0.7, 100, 0.999, 300_000],
  [0.9, 100, 1.065, 300_000],
  [0.95, 100, 1.212, 600_000],
]

const shortest: Oracle[] = SHORTEST.map(([lambda, servers, theory, arrivals]) => ({
  id: `L4 ${lambda} N=${servers}`,
  name: `least request of all, ${servers} servers, λ ${lambda}: mean time in system`,
  theory,
  tolerance: 0.04,
  arrivals,
  quickSeeds: lambda === 0.95 ? 0 : 1,
  scenario: farm({ algorithm: 'least-request', choices: 'all' }, servers, lambda),
  measure: meanSeconds,
}))

export const balancing: readonly Oracle[] = [...twoChoices, ...drawn, ...threeChoices, ...inTurn, ...shortest]
