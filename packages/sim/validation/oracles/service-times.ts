// One server whose service times are not exponential: Pollaczek and Khinchine.
import type { DistributionData } from '../../src/model/distributions.ts'
import { meanSeconds } from './figures.ts'
import type { Oracle } from './oracle.ts'
import { openQueue } from './queues.ts'

const md1: Oracle[] = [0.5, 0.7, 0.8, 0.9].map((rho) => ({
  id: `Q3 ${rho}`,
  name: `M/D/1, ρ ${rho}: mean time in system`,
  theory: rho / (2 * (1 - rho)) + 1,
  tolerance: rho === 0.9 ? 0.03 : 0.02,
  arrivals: 1_000_000,
  scenario: openQueue(1, rho, '1s'),
  measure: meanSeconds,
}))

const LAMBDA = 0.8

interface ServiceTime {
  readonly name: string
  readonly work: DistributionData
  /** Squared coefficient of variation. */
  readonly cs2: number
  readonly tolerance: number
  readonly arrivals: number
  readonly quickSeeds?: number
}

const TIMES: readonly ServiceTime[] = [
  {
    name: 'Erlang-2',
    work: { erlang: { k: 2, mean: '1s' } },
    cs2: 0.5,
    tolerance: 0.03,
    arrivals: 1_000_000,
  },
  {
    name: 'lognormal cs² 2',
    work: { lognormal: { median: Math.exp(-0.549306) * 1000, sigma: 1.048147 } },
    cs2: 2,
    tolerance: 0.03,
    arrivals: 2_000_000,
  },
  {
    name: 'H2 cs² 4',
    work: { hyperexponential: { mean: '1s', cs2: 4 } },
    cs2: 4,
    tolerance: 0.05,
    arrivals: 1_000_000,
  },
  {
    name: 'H2 cs² 10',
    work: { hyperexponential: { mean: '1s', cs2: 10 } },
    cs2: 10,
    tolerance: 0.05,
    arrivals: 2_000_000,
    quickSeeds: 0,
  },
]

const mg1: Oracle[] = TIMES.map(({ name, work, cs2, ...sizes }) => ({
  ...sizes,
  id: `Q4 ${name}`,
  name: `M/G/1, ρ ${LAMBDA}, ${name}: mean time in system`,
  theory: 1 + (LAMBDA * (1 + cs2)) / (2 * (1 - LAMBDA)),
  scenario: openQueue(1, LAMBDA, work),
  measure: meanSeconds,
}))

/** Where all present share the server equally, only the mean of the work counts (Kleinrock, Queueing Systems II, 4.4). */
const shared: Oracle[] = TIMES.filter(({ cs2 }) => cs2 === 0.5 || cs2 === 4).map(({ name, work }) => ({
  id: `Q4 shared ${name}`,
  name: `M/G/1 with processor sharing, ρ ${LAMBDA}, ${name}: mean time in system`,
  theory: 1 / (1 - LAMBDA),
  tolerance: 0.03,
  arrivals: 1_000_000,
  scenario: openQueue(1, LAMBDA, work, 'processor-sharing'),
  measure: meanSeconds,
}))

export const serviceTimes: readonly Oracle[] = [...md1, ...mg1, ...shared]
