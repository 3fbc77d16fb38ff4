// Active health checks: how long a host that stands still, or is gone, goes unnoticed.
import type { FaultData, ScenarioData } from '../../src/scenario/scenario-data.ts'
import { seconds } from './figures.ts'
import type { Oracle } from './oracle.ts'

interface Checks {
  /** A readiness path, which a frozen process does not answer; or a connection, which a dead one refuses at once. */
  readonly kind: 'http' | 'tcp'
  readonly interval: number
  readonly fall: number
  readonly timeout: number
}

const CLIENTS = 5
const JITTER = 0.2
/** Instants that have nothing to do with when checks are made. */
const GOLDEN = (Math.sqrt(5) - 1) / 2

/** Mean time to the next check, E[X²] / 2 E[X], and from there to the last that is needed. */
function detection({ kind, interval, fall, timeout }: Checks): number {
  return (interval / 2) * (1 + JITTER ** 2 / 3) + (fall - 1) * interval + (kind === 'http' ? timeout : 0)
}

/** Each host stops at an instant of its own in the second minute. */
function stopping({ kind, interval, fall, timeout }: Checks): (arrivals: number) => ScenarioData {
  const probe = kind === 'http' ? { http: '/readyz' } : { tcp: true }
  const health = { ...probe, interval: seconds(interval), fall, timeout: timeout * 1000, jitter: JITTER }
  return (hosts) => ({
    name: 'health checks',
    duration: '140s',
    network: { latency: 0 },
    policies: { version: 1, targets: { server: { health } } },
    topology: { server: { replicas: hosts } },
    workload: [{ poisson: { to: 'server', rate: 5 * CLIENTS, clients: CLIENTS } }],
    faults: Array.from({ length: hosts }, (_, i): FaultData => {
      const target = { target: `server#${i + 1}` }
      return { at: stopsAtMs(i + 1), ...(kind === 'http' ? { pause: target } : { crash: target }) }
    }),
  })
}

function stopsAtMs(host: number): number {
  return 60_000 + 60_000 * ((host * GOLDEN) % 1)
}

const CHECKS: readonly Checks[] = [
  { kind: 'http', interval: 2, fall: 2, timeout: 0.5 },
  { kind: 'http', interval: 2, fall: 3, timeout: 1 },
  { kind: 'tcp', interval: 2, fall: 2, timeout: 0.5 },
]

export const healthChecks: readonly Oracle[] = CHECKS.map((checks) => ({
  id: `G2 ${checks.kind} fall ${checks.fall}`,
  name: `${checks.fall} ${checks.kind} checks, one in ${checks.interval} s, timeout ${checks.timeout} s: mean time to detect (s)`,
  theory: detection(checks),
  tolerance: 0.03,
  arrivals: 200,
  quickArrivals: 60,
  scenario: stopping(checks),
  measure({ events$ }) {
    const found = events$.filter(({ type }) => type === 'endpointFailedChecks')
    const late = found.map(({ atMs, endpoint }) => atMs - stopsAtMs(Number(String(endpoint).split('#')[1])))
    return late.reduce((sum, ms) => sum + ms, 0) / late.length / 1000
  },
}))
