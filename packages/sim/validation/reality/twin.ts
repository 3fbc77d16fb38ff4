// The same story in the simulator: the same policies, calls and work; of the real machine it is told one thing, how much
// longer than its work a call takes while nothing happens (the wire both ways, both ends' code, late timers).
import { fail, type ScenarioData, simulate } from '../../src/index.ts'
import type { Figures } from './figures.ts'
import {
  arrivalsOf,
  DEADLINE_MS,
  fateOf,
  LEASE,
  type Plan,
  POLICIES,
  PROTOCOLS,
  type Protocol,
  TIMEOUT_MS,
} from './plan.ts'
import type { Sample } from './real-run.ts'

/** By protocol, of each call of an idle run: milliseconds beyond its work, ascending. */
export type Overheads = Readonly<Record<Protocol, readonly number[]>>

export function overheadsOf({ warmupMs }: Plan, seed: number, samples: readonly Sample[]): Overheads {
  const [http, grpc] = PROTOCOLS.map((protocol) =>
    samples
      .filter((one) => one.protocol === protocol && one.isAnswered && one.attempts === 1 && one.dueMs >= warmupMs)
      // A timer may be up to a millisecond early: its length is cut to a whole number.
      .map(({ dueMs, tookMs }) => Math.max(0, tookMs - fateOf(seed, protocol, dueMs, 1).workMs))
      .sort((a, b) => a - b),
  )
  return { http: http!, grpc: grpc! }
}

/** Half of what a call took beyond its work goes to each way. */
export function twinOf(plan: Plan, seed: number, protocol: Protocol, overheads: Overheads): ScenarioData {
  const attempts = new Map<number, number>()
  const { slow, kill } = plan.faults ?? {}
  return {
    name: `twin of ${protocol}`,
    duration: plan.lengthMs + 2 * TIMEOUT_MS,
    warmup: plan.warmupMs,
    network: { latency: { empirical: { samples: overheads[protocol].map((ms) => ms / 2) } } },
    registry: LEASE,
    policies: POLICIES,
    topology: {
      [protocol]: {
        replicas: plan.servers,
        app: async (_request, { deadline, work }) => {
          // Retries share the deadline of their call, which says when it was due.
          const dueMs = Math.round(deadline.atMs - TIMEOUT_MS)
          const attempt = (attempts.get(dueMs) ?? 0) + 1
          attempts.set(dueMs, attempt)
          const { workMs, isFailed } = fateOf(seed, protocol, dueMs, attempt)
          await work(workMs)
          if (isFailed) fail('failed')
        },
      },
    },
    workload: [{ replay: { to: protocol, arrivals: arrivalsOf(plan, seed, protocol), deadline: DEADLINE_MS } }],
    faults: [
      ...(slow === undefined
        ? []
        : [{ at: slow.fromMs, slow: { target: `${protocol}#${slow.server}`, add: slow.addMs, for: slow.forMs } }]),
      ...(kill === undefined ? [] : [{ at: kill.atMs, crash: { target: `${protocol}#${kill.server}` } }]),
    ],
  }
}

export async function runTwin(plan: Plan, seed: number, protocol: Protocol, overheads: Overheads): Promise<Figures> {
  const { workload, edges } = await simulate(twinOf(plan, seed, protocol, overheads), { seed })
  const { goodput, latencyMs } = workload[protocol]!
  return {
    goodput: goodput!,
    p50Ms: latencyMs.p50!,
    p99Ms: latencyMs.p99!,
    amplification: edges[`client>${protocol}`]!.amplification!,
  }
}
