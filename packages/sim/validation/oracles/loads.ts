// Load that changes: what it offers is the integral of its rate, and bursts make a queue of it that is known exactly.
import type { RunDocument } from '../../src/recording/run-document.ts'
import type { ScenarioData, ThresholdExpression } from '../../src/scenario/scenario-data.ts'
import type { WorkloadData } from '../../src/scenario/workload-data.ts'
import { lasting, meanSeconds } from './figures.ts'
import type { Oracle } from './oracle.ts'

/** Calls between two instants, in seconds, of a load on a server without work. */
function offered(workload: WorkloadData, from: number, until: number, rest: Partial<ScenarioData> = {}) {
  const counted: ThresholdExpression = `count>=0 from ${from}s until ${until}s`
  return (): ScenarioData => ({
    name: 'load',
    duration: '120s',
    network: { latency: 0 },
    topology: { server: {} },
    workload: [workload],
    thresholds: { 'server.offered': counted },
    ...rest,
  })
}

const count = (run: RunDocument): number | null => run.thresholds[0]?.value ?? null

const exactly = (id: string, name: string, theory: number, scenario: Oracle['scenario']): Oracle => ({
  id: `X7 ${id}`,
  name,
  theory,
  compare: 'absolute',
  tolerance: 1,
  arrivals: 0,
  quickArrivals: 0,
  scenario,
  measure: count,
})

/** From 20/s to 100/s in 60 s, then to 40/s in 30 s. */
const ramp = {
  to: 'server',
  startRate: 20,
  stages: [
    { rate: 100, over: '60s' },
    { rate: 40, over: '30s' },
  ],
} as const
const DAY = { to: 'server', mean: 100, amplitude: 80, period: '60s', peakAt: '15s' } as const
/** Integral of the sine of {@link DAY} from 0 to t: its peak is a quarter of the period in. */
const day = (t: number): number => 100 * t + ((80 * 60) / (2 * Math.PI)) * (1 - Math.cos((2 * Math.PI * t) / 60))

const integrals: Oracle[] = [
  exactly(
    'ramp',
    'from 20 to 100/s in 60 s, then to 40/s in 30 s: calls from 10 to 70 s',
    // 33 1/3 at 10 s, 100 at 60 s, 80 at 70 s.
    ((20 + 80 / 6 + 100) / 2) * 50 + 90 * 10,
    offered({ rampingArrivalRate: ramp }, 10, 70),
  ),
  exactly(
    'spike',
    '50/s, and 400/s for 10 s: calls from 55 to 80 s',
    50 * 15 + 400 * 10,
    offered({ spike: { to: 'server', rate: 50, peak: 400, at: '60s', for: '10s', poisson: false } }, 55, 80),
  ),
  exactly(
    'diurnal',
    'a sine of 100 ± 80/s: calls from 5 to 25 s',
    day(25) - day(5),
    offered({ diurnal: { ...DAY, poisson: false } }, 5, 25),
  ),
  exactly(
    'replay',
    'a recording of 500 calls in 100 s, four times as fast: calls in 20 s',
    400,
    offered({ replay: { to: 'server', arrivals: Array.from({ length: 500 }, (_, i) => i * 200), speed: 4 } }, 0, 20),
  ),
  {
    ...exactly(
      'diurnal poisson',
      'the same sine, independent arrivals: calls from 5 to 25 s',
      day(25) - day(5),
      offered({ diurnal: DAY }, 5, 25),
    ),
    compare: 'relative',
    tolerance: 0.02,
    seeds: 20,
    quickSeeds: 20,
  },
  {
    ...exactly(
      'surge',
      '100/s, thrice as many for 20 s: calls in a minute',
      100 * 60 + 200 * 20,
      offered({ poisson: { to: 'server', rate: 100 } }, 20, 80, {
        faults: [{ at: '40s', surge: { target: 'server', factor: 3, for: '20s' } }],
      }),
    ),
    compare: 'relative',
    tolerance: 0.02,
    seeds: 10,
    quickSeeds: 10,
  },
]

interface Bursts {
  readonly rate: number
  readonly burstRate: number
  /** Mean seconds in a burst, and between two. */
  readonly on: number
  readonly off: number
}

/**
 * Mean number present in MMPP/M/1, µ = 1: the quasi-birth-death chain of load and queue, whose stationary law is
 * matrix-geometric (Neuts, Matrix-Geometric Solutions, 1981), by iterating R = (A0 + R² A2) (-A1)⁻¹.
 */
export function burstyQueue({ rate, burstRate, on, off }: Bursts): number {
  type Matrix = readonly [readonly [number, number], readonly [number, number]]
  const [leaves, comes] = [1 / on, 1 / off]
  const rates = [rate, burstRate] as const
  const times = (a: Matrix, b: Matrix): Matrix => [
    [a[0][0] * b[0][0] + a[0][1] * b[1][0], a[0][0] * b[0][1] + a[0][1] * b[1][1]],
    [a[1][0] * b[0][0] + a[1][1] * b[1][0], a[1][0] * b[0][1] + a[1][1] * b[1][1]],
  ]
  const inverse = ([[a, b], [c, d]]: Matrix): Matrix => {
    const det = a * d - b * c
    return [
      [d / det, -b / det],
      [-c / det, a / det],
    ]
  }
  const back = inverse([
    [comes + rates[0] + 1, -comes],
    [-leaves, leaves + rates[1] + 1],
  ])
  let r: Matrix = [
    [0, 0],
    [0, 0],
  ]
  for (let i = 0; i < 100_000; i++) {
    const square = times(r, r)
    r = times(
      [
        [square[0][0] + rates[0], square[0][1]],
        [square[1][0], square[1][1] + rates[1]],
      ],
      back,
    )
  }
  // π₀ (B + R) = 0, where B is A1 without the service, and π₀ (1 - R)⁻¹ sums to 1.
  const [down, up] = [-comes - rates[0] + r[0][0], leaves + r[1][0]]
  const ratio = -down / up
  const rest = inverse([
    [1 - r[0][0], -r[0][1]],
    [-r[1][0], 1 - r[1][1]],
  ])
  const sums = (m: Matrix): number => m[0][0] + m[0][1] + ratio * (m[1][0] + m[1][1])
  return sums(times(times(r, rest), rest)) / sums(rest)
}

const BURSTS: Bursts = { rate: 0.3, burstRate: 1.5, on: 10, off: 30 }
const MEAN_RATE = (BURSTS.rate * BURSTS.off + BURSTS.burstRate * BURSTS.on) / (BURSTS.on + BURSTS.off)

const bursty: Oracle = {
  id: 'X8',
  name: `bursts of ${BURSTS.burstRate} arrivals a service time, else ${BURSTS.rate} (MMPP/M/1): mean time in system`,
  theory: burstyQueue(BURSTS) / MEAN_RATE,
  tolerance: 0.03,
  arrivals: 1_000_000,
  quickArrivals: 100_000,
  scenario: (arrivals) => ({
    name: 'bursts',
    ...lasting(arrivals, MEAN_RATE),
    network: { latency: 0 },
    topology: { server: { concurrency: 1, work: { exponential: { mean: '1s' } } } },
    workload: [
      {
        bursts: {
          to: 'server',
          rate: BURSTS.rate,
          burstRate: BURSTS.burstRate,
          meanOn: `${BURSTS.on}s`,
          meanOff: `${BURSTS.off}s`,
        },
      },
    ],
  }),
  measure: meanSeconds,
}

export const loads: readonly Oracle[] = [...integrals, bursty]
