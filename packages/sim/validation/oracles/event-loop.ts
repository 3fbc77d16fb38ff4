// A Node process: waits beside its event loop, work on it. What leaves the waits is Poisson (Mirasol, Operations Research 11,
// 1963), so the loop is the queue it would be without them.
import type { DistributionData } from '../../src/model/distributions.ts'
import { lasting, meanSeconds } from './figures.ts'
import type { Oracle } from './oracle.ts'
import { EXPONENTIAL } from './queues.ts'

const RHO = 0.8
const WAIT = 5

const row = (name: string, work: DistributionData, cs2: number): Oracle => ({
  id: `Q4 loop ${name}`,
  name: `event loop, ρ ${RHO}, ${name} work after a wait of ${WAIT} service times: mean time in system`,
  theory: WAIT + 1 + (RHO * (1 + cs2)) / (2 * (1 - RHO)),
  tolerance: 0.02,
  arrivals: 1_000_000,
  scenario: (arrivals) => ({
    name: 'event loop',
    ...lasting(arrivals, RHO),
    network: { latency: 0 },
    topology: { server: { eventLoop: true, steps: [{ wait: { exponential: { mean: WAIT * 1000 } } }, { work }] } },
    workload: [{ poisson: { to: 'server', rate: RHO } }],
  }),
  measure: meanSeconds,
})

export const eventLoop: readonly Oracle[] = [row('exponential', EXPONENTIAL, 1), row('constant', '1s', 0)]
