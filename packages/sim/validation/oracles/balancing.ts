// Load balancing: the production balancers, their in-flight counts being the queue lengths (no network, one caller).
import type { RunDocument } from '../../src/recording/run-document.ts'
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

const SERVERS = 100

const twoChoices: Oracle[] = [0.5, 0.7, 0.9].map((lambda) => ({
  id: `L1 ${lambda}`,
  name: `power of two choices, ${SERVERS} servers, λ ${lambda}: mean time in system`,
  theory: supermarket(lambda, 2),
  tolerance: lambda === 0.9 ? 0.03 : 0.02,
  quickTolerance: lambda === 0.9 ? 0.05 : 0.03,
  arrivals: 1_000_000,
  scenario: (arrivals) => {
    const seconds = Math.round(arrivals / (lambda * SERVERS))
    return {
      name: 'supermarket',
      duration: `${seconds}s`,
      warmup: `${Math.round(seconds * 0.15)}s`,
      network: { latency: 0 },
      policies: { version: 1, targets: { server: { loadBalancing: 'p2c' } } },
      topology: { server: { replicas: SERVERS, concurrency: 1, work: { exponential: { mean: '1s' } } } },
      workload: [{ poisson: { to: 'server', rate: lambda * SERVERS } }],
    }
  },
  measure: (run: RunDocument) => (run.workload.server?.latencyMs.mean ?? Number.NaN) / 1000,
}))

export const balancing: readonly Oracle[] = twoChoices
