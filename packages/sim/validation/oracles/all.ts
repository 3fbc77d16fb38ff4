import { adaptiveLimits } from './adaptive-limits.ts'
import { balancing } from './balancing.ts'
import { breaking } from './breaking.ts'
import { caches } from './caches.ts'
import { closedLoops } from './closed-loops.ts'
import { contention } from './contention.ts'
import { disturbances } from './disturbances.ts'
import { eventLoop } from './event-loop.ts'
import { failover } from './failover.ts'
import { fairness } from './fairness.ts'
import { healthChecks } from './health-checks.ts'
import { hedging } from './hedging.ts'
import { loads } from './loads.ts'
import { manyClients } from './many-clients.ts'
import { metastability } from './metastability.ts'
import { networks } from './networks.ts'
import { openAndClosed } from './open-and-closed.ts'
import type { Oracle } from './oracle.ts'
import { outliers } from './outliers.ts'
import { overload } from './overload.ts'
import { patience } from './patience.ts'
import { placement } from './placement.ts'
import { priorityQueues } from './priority-queues.ts'
import { queues } from './queues.ts'
import { rateLimits } from './rate-limits.ts'
import { reconnects } from './reconnects.ts'
import { registry } from './registry.ts'
import { retries } from './retries.ts'
import { retryClients } from './retry-clients.ts'
import { scalability } from './scalability.ts'
import { selfOracles } from './self-oracles.ts'
import { serviceTimes } from './service-times.ts'
import { sharing } from './sharing.ts'
import { tails } from './tails.ts'
import { throttling } from './throttling.ts'
import { unequalHosts } from './unequal-hosts.ts'

export const oracles: readonly Oracle[] = [
  ...queues,
  ...serviceTimes,
  ...eventLoop,
  ...patience,
  ...scalability,
  ...priorityQueues,
  ...closedLoops,
  ...openAndClosed,
  ...networks,
  ...loads,
  ...rateLimits,
  ...balancing,
  ...manyClients,
  ...placement,
  ...unequalHosts,
  ...failover,
  ...outliers,
  ...tails,
  ...hedging,
  ...retries,
  ...retryClients,
  ...contention,
  ...breaking,
  ...metastability,
  ...caches,
  ...overload,
  ...adaptiveLimits,
  ...throttling,
  ...fairness,
  ...sharing,
  ...registry,
  ...healthChecks,
  ...reconnects,
  ...disturbances,
  ...selfOracles,
]
