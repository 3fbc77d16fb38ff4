// Two classes in one line of M/M/1, nobody interrupted (Cobham): the production limiter's, and the simulated server's.
import type { ScenarioData } from '../../src/scenario/scenario-data.ts'
import { lasting } from './figures.ts'
import type { Oracle } from './oracle.ts'
import { EXPONENTIAL } from './queues.ts'

type Class = 'default' | 'sheddable'

/** Mean wait of the first class, of the second: ρ over what is left of the server, above them and with them. */
function cobham(first: number, second: number): Readonly<Record<Class, number>> {
  const rho = first + second
  return { default: rho / (1 - first), sheddable: rho / ((1 - first) * (1 - rho)) }
}

function classes(where: 'limiter' | 'server', first: number, second: number): (arrivals: number) => ScenarioData {
  const concurrency = { limit: 1, queue: 1e6, maxWait: '24h', discipline: 'priority' }
  const policies = where === 'limiter' ? { policies: { version: 1, inbound: { server: { concurrency } } } } : {}
  return (arrivals) => ({
    name: 'two classes',
    ...lasting(arrivals, first + second),
    network: { latency: 0 },
    ...policies,
    topology: {
      server: { concurrency: 1, work: EXPONENTIAL, ...(where === 'server' ? { discipline: 'priority' } : {}) },
    },
    workload: [
      { poisson: { to: 'server', rate: first, name: 'default', priority: 'default' } },
      { poisson: { to: 'server', rate: second, name: 'sheddable', priority: 'sheddable' } },
    ],
  })
}

export const priorityQueues: readonly Oracle[] = (
  [
    ['limiter', 0.2, 0.6],
    ['limiter', 0.5, 0.4],
    ['server', 0.2, 0.6],
  ] as const
).flatMap(([where, first, second]) => {
  const waits = cobham(first, second)
  const scenario = classes(where, first, second)
  return (['default', 'sheddable'] as const).map((name): Oracle => {
    return {
      id: `Q12 ${first + second} ${name === 'default' ? 'high' : 'low'}${where === 'server' ? ' server' : ''}`,
      name: `two classes of ${first} and ${second}/s, line of the ${where}: mean wait of ${name}`,
      theory: waits[name],
      tolerance: 0.03,
      arrivals: first + second === 0.9 ? 2_000_000 : 1_000_000,
      quickSeeds: first + second === 0.9 ? 0 : 1,
      scenario,
      measure: (run) => (run.workload[name]?.latencyMs.mean ?? Number.NaN) / 1000 - 1,
    }
  })
})
