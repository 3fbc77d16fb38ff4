// What closed loops hide that an open load shows.
import type { DistributionData } from '../../src/model/distributions.ts'
import { closedQueue } from './closed-loops.ts'
import { meanSeconds, p99Seconds, seconds, serverOf } from './figures.ts'
import type { Oracle } from './oracle.ts'
import { openQueue } from './queues.ts'

/** Brooker, "Open and Closed, Omission and Collapse": nearly all short, one in a thousand a hundred times as long. */
const RARELY_LONG: DistributionData = {
  mixture: [
    { weight: 0.999, of: { exponential: { mean: '100ms' } } },
    { weight: 0.001, of: { exponential: { mean: '10s' } } },
  ],
}
const MEAN = 0.999 * 0.1 + 0.001 * 10
const SECOND_MOMENT = 2 * (0.999 * 0.01 + 0.001 * 100)
const RHO = 0.8

/** The 99th percentile of the service time alone. */
const SERVICE_P99 = 0.4704
/** By inversion of the Pollaczek-Khinchine transform; a reference simulation has 46.7. */
const OPEN_P99 = 45.8
/** Of the Markov chain of M/H2/1 with ten users, and its transform; a reference simulation has 0.324 and 1.30. */
const TEN_MEAN = 0.31736
const TEN_P99 = 1.1966

const open = openQueue(1, RHO / MEAN, RARELY_LONG)
const alone = closedQueue(1, 1 / MEAN, RARELY_LONG, 0)
const ten = closedQueue(10, 10 / (TEN_MEAN + 1.2584), RARELY_LONG, { exponential: { mean: 1258.4 } })

const AGAIN_SECONDS = 5000

const rarely: Oracle[] = [
  {
    id: 'Q8 open mean',
    name: 'one long job in a thousand, open load: mean time in system',
    theory: MEAN + ((RHO / MEAN) * SECOND_MOMENT) / (2 * (1 - RHO)),
    // 3.5 standard deviations of five such runs: what happens is up to 5000 long jobs in each.
    tolerance: 0.045,
    arrivals: 5_000_000,
    quickSeeds: 0,
    scenario: open,
    measure: meanSeconds,
  },
  {
    id: 'Q8 open p99',
    name: 'the same: 99th percentile',
    theory: OPEN_P99,
    tolerance: 0.15,
    arrivals: 5_000_000,
    quickSeeds: 0,
    scenario: open,
    measure: p99Seconds,
  },
  {
    id: 'Q8 one p99',
    name: 'the same server, one user in a closed loop: 99th percentile',
    theory: SERVICE_P99,
    tolerance: 0.03,
    arrivals: 500_000,
    quickArrivals: 50_000,
    scenario: alone,
    measure: p99Seconds,
  },
  {
    id: 'Q8 ten mean',
    name: 'ten users who think: mean time in system',
    theory: TEN_MEAN,
    tolerance: 0.03,
    arrivals: 3_000_000,
    scenario: ten,
    measure: meanSeconds,
  },
  {
    id: 'Q8 ten p99',
    name: 'the same: 99th percentile',
    theory: TEN_P99,
    tolerance: 0.03,
    arrivals: 3_000_000,
    scenario: ten,
    measure: p99Seconds,
  },
]

/**
 * Whoever waited longer than 15 s asks once more. When all do, of the C served a second a share λ / (λ + x) is new, and
 * these x come back: x = C λ / (λ + x), and the queue grows by λ + x - C = 3.46 a second, for ever, at a load of 0.8.
 */
const again: Oracle = {
  id: 'Q9',
  name: 'the open load, asked once more by who waited over 15 s: growth of the queue a second (2 to 3.5)',
  theory: 2.75,
  compare: 'absolute',
  tolerance: 0.75,
  arrivals: 36_000,
  quickSeeds: 0,
  scenario: () => ({
    name: 'asked again',
    duration: seconds(AGAIN_SECONDS),
    network: { latency: 0 },
    topology: {
      gateway: {
        async app(request, { client, clock }) {
          const server = client('server')
          const askedMs = clock.now()
          await server.call({ method: 'GET /', ...request })
          if (clock.now() - askedMs > 15_000) await server.call({ method: 'GET /', ...request })
        },
      },
      server: { concurrency: 1, work: RARELY_LONG },
    },
    workload: [{ poisson: { to: 'gateway', rate: RHO / MEAN } }],
  }),
  measure: (run) => serverOf(run).open / AGAIN_SECONDS,
}

export const openAndClosed: readonly Oracle[] = [...rarely, again]
