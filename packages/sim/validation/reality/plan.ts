// One story that is told twice, by processes on loopback and by the simulator: what both sides have to have in common.
//
// A call is known by the millisecond at which it was due, and what becomes of an attempt at it follows from that, in both
// worlds. So the two differ in what is modelled (the wire, timers, balancing, faults as they are met), and not in the luck of
// the draw: five runs could not tell that from the other in a 99th percentile.
import { hashText, mix, uniform } from '@seakeep/core/spi'
import { normalQuantile } from '../../src/model/normal-quantile.ts'

export const PROTOCOLS = ['http', 'grpc'] as const
/** Also the name of its service: each process serves both, and each protocol has all of the processes. */
export type Protocol = (typeof PROTOCOLS)[number]

export interface Plan {
  /** Processes. */
  readonly servers: number
  /** Calls a second of each protocol, at independent instants. */
  readonly rate: number
  readonly lengthMs: number
  /** What is due before it is not counted: programs are still being compiled. */
  readonly warmupMs: number
  readonly faults?: {
    /** Number of the server that takes longer, from 1. */
    readonly slow: { readonly server: number; readonly addMs: number; readonly fromMs: number; readonly forMs: number }
    /** SIGKILL, while its lease goes on. */
    readonly kill: { readonly server: number; readonly atMs: number }
  }
}

export const PLAN: Plan = {
  servers: 6,
  rate: 70,
  lengthMs: 30_000,
  warmupMs: 5000,
  faults: {
    slow: { server: 2, addMs: 200, fromMs: 9000, forMs: 8000 },
    kill: { server: 5, atMs: 22_000 },
  },
}
/** Nothing happens, and few call. The client lives through the runs after it, so what it compiles at first is not theirs. */
export const IDLE: Plan = { servers: 6, rate: 40, lengthMs: 40_000, warmupMs: 20_000 }

/** What users wait: goodput is judged by it. */
export const DEADLINE_MS = 250
export const TIMEOUT_MS = 2000
export const LEASE = { ttl: '3s', heartbeat: '1s' } as const
export const POLICIES = {
  version: 1,
  targets: {
    '*': {
      timeout: TIMEOUT_MS,
      // No attempt timeout: all attempts have their call's deadline, by which the twin's handlers know it.
      retry: { maxAttempts: 3, backoff: { initial: '10ms', max: '50ms' } },
      circuitBreaker: true,
      loadBalancing: 'p2c-ewma',
      outlier: { consecutiveFailures: 5 },
    },
  },
}

export const WORK_P50_MS = 60
/** Its p99 is at 192 ms. */
export const WORK_SIGMA = 0.5
export const ERROR_RATIO = 0.02

/** Milliseconds from the beginning, ascending; no two are the same. */
export function arrivalsOf({ rate, lengthMs }: Plan, seed: number, protocol: Protocol): readonly number[] {
  const key = mix(seed, hashText(`arrivals of ${protocol}`))
  const arrivals: number[] = []
  let atMs = 0
  for (let i = 0; ; i++) {
    atMs -= (1000 / rate) * Math.log(1 - uniform(key, i))
    const dueMs = Math.max(Math.ceil(atMs), (arrivals.at(-1) ?? 0) + 1)
    if (dueMs >= lengthMs) return arrivals
    arrivals.push(dueMs)
  }
}

export interface Fate {
  readonly workMs: number
  /** It is answered with an error after its work. */
  readonly isFailed: boolean
}

/** Of one attempt, the first being 1, whoever serves it. */
export function fateOf(seed: number, protocol: Protocol, dueMs: number, attempt: number): Fate {
  const key = mix(mix(mix(seed, hashText(protocol)), dueMs), attempt)
  const workMs = WORK_P50_MS * Math.exp(WORK_SIGMA * normalQuantile(uniform(key, 0)))
  return { workMs, isFailed: uniform(key, 1) < ERROR_RATIO }
}
