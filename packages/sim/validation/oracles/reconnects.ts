// A herd that comes back (G4): 10,000 callers lose their server in one instant and try again after a backoff with full jitter.
import type { RunDocument } from '../../src/recording/run-document.ts'
import type { ScenarioData, ThresholdExpression } from '../../src/scenario/scenario-data.ts'
import type { Oracle } from './oracle.ts'

const CALLERS = 10_000
const LOST_AT = 10
const BIN_MS = 100

/** All fail at once at the gateway; who comes back reaches the hub behind it, where each tenth of a second is counted. */
function herd(jitterSeconds: number): () => ScenarioData {
  const bins = Math.max(1, (jitterSeconds * 1000) / BIN_MS)
  const wait = `${jitterSeconds}s`
  const retry = { maxAttempts: 3, backoff: { initial: wait, max: wait, jitter: 'full' }, budget: false }
  const inBin = (i: number): ThresholdExpression => {
    const from = LOST_AT * 1000 + i * BIN_MS
    return `count>=0 from ${from}ms until ${from + BIN_MS}ms`
  }
  return () => ({
    name: 'herd',
    duration: `${LOST_AT + 2 * jitterSeconds + 1}s`,
    network: { latency: 0 },
    policies: { version: 1, targets: { gateway: { retry } } },
    topology: { gateway: { calls: ['hub'] }, hub: {} },
    workload: [{ replay: { to: 'gateway', arrivals: Array.from({ length: CALLERS }, () => LOST_AT * 1000) } }],
    faults: [{ at: LOST_AT * 1000 - 1, error: { target: 'gateway', for: jitterSeconds === 0 ? 1 : 1.5 } }],
    thresholds: { 'hub.offered': Array.from({ length: bins }, (_, i) => inBin(i)) },
  })
}

const fullest = (run: RunDocument): number => Math.max(...run.thresholds.map(({ value }) => value ?? 0))

/** The fullest of the bins of 10,000 draws that are all alike; figures of an independent reference. */
export const reconnects: readonly Oracle[] = (
  [
    [0, 10_000],
    [1, 1054],
    [10, 126],
    [30, 51],
  ] as const
).map(([jitter, theory]) => ({
  id: `G4 ${jitter}s`,
  name: `${CALLERS} callers come back within ${jitter} s, full jitter: most in a tenth of a second`,
  theory,
  tolerance: jitter === 0 ? 0 : 0.05,
  arrivals: CALLERS,
  quickArrivals: CALLERS,
  seeds: 10,
  scenario: herd(jitter),
  measure: fullest,
}))
