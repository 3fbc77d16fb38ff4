// Balls in bins: what chance alone makes of the fullest (brooker.co.za/blog/2018/01/01/balls-into-bins).
import type { ScenarioData } from '../../src/scenario/scenario-data.ts'
import type { Oracle } from './oracle.ts'

const BINS = 100

/**
 * Mean of the fullest bin: P(all ≤ k) = P(X ≤ k)^bins · P(S = balls) / P(Y = balls), X being Poisson of mean balls/bins, Y
 * Poisson of mean `balls`, and S the sum of `bins` such X cut off at k (Levin 1981), whose density is taken by Edgeworth's
 * series. For 100 and 100 it gives the exact 4.2326.
 */
export function fullest(balls: number, bins: number): number {
  const mean = balls / bins
  let lnWhole = balls * Math.log(balls) - balls
  for (let i = 2; i <= balls; i++) lnWhole -= Math.log(i)
  // Moments of X about `mean`, as far as k.
  const sums = [0, 0, 0, 0, 0]
  let lnP = -mean
  let expected = 0
  for (let k = 0; k <= balls; k++) {
    if (k > 0) lnP += Math.log(mean / k)
    for (let power = 0; power <= 4; power++) sums[power] = (sums[power] as number) + Math.exp(lnP) * (k - mean) ** power
    const [share, ...moments] = sums as [number, number, number, number, number]
    const [a, b, c, d] = moments.map((sum) => sum / share) as [number, number, number, number]
    const variance = b - a * a
    const third = c - 3 * a * b + 2 * a ** 3
    const fourth = d - 4 * a * c + 6 * a * a * b - 3 * a ** 4 - 3 * variance ** 2
    const density = variance > 1e-9 ? edgeworth(-a * bins, variance * bins, third * bins, fourth * bins) : 0
    const allBelow = Math.min(1, Math.exp(bins * Math.log(share) - lnWhole) * Math.max(0, density))
    expected += 1 - allBelow
    if (k > mean && 1 - allBelow < 1e-9) break
  }
  return expected
}

/** Density at `x` above its mean of a sum with these cumulants. */
function edgeworth(x: number, variance: number, third: number, fourth: number): number {
  const z = x / Math.sqrt(variance)
  const skew = third / variance ** 1.5
  const excess = fourth / variance ** 2
  const [h3, h4] = [z ** 3 - 3 * z, z ** 4 - 6 * z ** 2 + 3]
  const h6 = z ** 6 - 15 * z ** 4 + 45 * z ** 2 - 15
  const normal = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI * variance)
  return normal * (1 + (skew / 6) * h3 + (excess / 24) * h4 + (skew ** 2 / 72) * h6)
}

function thrown(loadBalancing: string, names = 0): (balls: number) => ScenarioData {
  const key = names > 0 ? { key: { uniform: { keys: names } } } : {}
  return (balls) => ({
    name: 'balls in bins',
    duration: '1s',
    network: { latency: 0 },
    policies: { version: 1, targets: { bin: { loadBalancing } } },
    topology: { bin: { replicas: BINS } },
    workload: [{ constantArrivalRate: { to: 'bin', rate: balls, ...key } }],
  })
}

const random = thrown('random')
/** By a hash of the call's key, one of a million. A ring is left out: its parts are not equal, so it is another question. */
const hashed = thrown('maglev', 1e6)

const THROWS: readonly (readonly [balls: number, seeds: number])[] = [
  [100, 1000],
  [1000, 200],
  [10_000, 60],
  [100_000, 10],
]

function rows(id: string, how: string, scenario: Oracle['scenario'], throws: typeof THROWS): Oracle[] {
  return throws.map(([balls, seeds]) => ({
    id: `L10 ${id}M=${balls}`,
    name: `${balls} calls over ${BINS} instances ${how}: most at one`,
    theory: fullest(balls, BINS),
    tolerance: 0.02,
    arrivals: balls,
    quickArrivals: balls,
    seeds,
    quickSeeds: balls < 10_000 ? 20 : 1,
    scenario,
    measure: (run) => Math.max(...Object.values(run.services.bin?.instances ?? {}).map(({ arrivals }) => arrivals)),
  }))
}

export const placement: readonly Oracle[] = [
  ...rows('', 'at random', random, THROWS),
  // Of 100,000 keys so many come twice that the fullest is no longer a matter of chance alone.
  ...rows('hash ', 'by a hash of their keys', hashed, THROWS.slice(1, 3)),
]
