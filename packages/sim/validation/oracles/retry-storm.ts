/**
 * Metastable failure by retries (Bronson et al., HotOS'21): a database that answers 300 a second, one at a time, its
 * callers' timeout of 1 s, one retry, and a network that holds all packets back for a while and then delivers them.
 */
import type { RunDocument } from '../../src/recording/run-document.ts'
import type { ScenarioData, ServiceData } from '../../src/scenario/scenario-data.ts'
import type { WorkloadData } from '../../src/scenario/workload-data.ts'
import { seconds, thresholdValue } from './figures.ts'

export const CAPACITY = 300
const HELD_AT = 20

export interface Storm {
  readonly rate: number
  /** Seconds for which packets are held. Default 10. */
  readonly hold?: number
  readonly duration: number
  readonly retry?: false | 'unbounded' | { readonly ratio: number; readonly minPerSecond: 0 }
  readonly server?: Pick<ServiceData, 'queue' | 'discipline' | 'onCancel'>
  /** The production limiter in front of the server. */
  readonly limiter?: Readonly<Record<string, unknown>>
  /** At 60 s, 30 s after the hold, the load falls to this. */
  readonly cutTo?: number
}

export function storm({
  rate,
  hold = 10,
  duration,
  retry = 'unbounded',
  server,
  limiter,
  cutTo,
}: Storm): () => ScenarioData {
  const budget = retry === 'unbounded' ? false : retry
  const policy =
    retry === false
      ? { timeout: '1s' }
      : { retry: { maxAttempts: 2, attemptTimeout: '1s', backoff: { initial: 0, max: 0 }, budget } }
  const inbound =
    limiter === undefined ? {} : { inbound: { db: { concurrency: { limit: 1, queue: 1e6, ...limiter } } } }
  const first: WorkloadData = {
    poisson: { to: 'db', rate, name: 'app', ...(cutTo === undefined ? {} : { until: '60s' }) },
  }
  const workload =
    cutTo === undefined ? [first] : [first, { poisson: { to: 'db', rate: cutTo, name: 'fewer', from: '60s' } } as const]
  return () => ({
    name: 'retry storm',
    duration: seconds(duration),
    network: { latency: 0 },
    policies: { version: 1, targets: { db: policy }, ...inbound },
    topology: { db: { concurrency: 1, work: 1000 / CAPACITY, ...server } },
    workload,
    faults: workload.map((one) => ({
      at: seconds(HELD_AT),
      hold: { target: `${one.poisson.name}>db`, for: hold * 1000 },
    })),
    thresholds: {
      'db.recovery': `time<${duration}s`,
      'db.goodput': `ratio>=0.5 from ${duration - 60}s`,
    },
  })
}

/** Seconds from the end of the hold until goodput is back. */
export const recovery = (run: RunDocument): number | null => {
  const ms = thresholdValue(run, 'db.recovery')
  return ms === null ? null : ms / 1000
}
export const hasRecovered = (run: RunDocument): number => (recovery(run) === null ? 0 : 1)
/** Goodput of the last minute. */
export const lateGoodput = (run: RunDocument): number | null => thresholdValue(run, 'db.goodput')
