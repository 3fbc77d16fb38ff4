// Many clients, each of which sees only what it has in flight itself: 50 servers, λ 0.9, calls spread evenly.
import { CountingBalancer, type Pickable, type Picker, Tokens } from '@seakeep/core/spi'
import { ContainerModule } from 'inversify'
import { farm, roundRobin } from './balancing.ts'
import { meanSeconds } from './figures.ts'
import type { Oracle } from './oracle.ts'

const SERVERS = 50
const LAMBDA = 0.9

/** By the number of clients. The figures are those of an independent reference simulation, where no formula gives them. */
type Means = readonly (readonly [clients: number, mean: number])[]

const TWO_CHOICES: Means = [
  [1, 2.67],
  [10, 4.23],
  [100, 7.1],
  [1000, 9.27],
]
const ALL: Means = [
  [1, 1.17],
  [10, 3.62],
  [100, 6.99],
  [1000, 9.12],
]
/**
 * Rounds begin anywhere. (Where all begin at the first server, a thousand clients march in step: 85.8.) Written apart from
 * ours for these rows; for one client it is the formula of L3.
 */
const IN_TURN: Means = [
  [1, roundRobin(SERVERS, LAMBDA)],
  [10, 5.85],
  [100, 7.27],
  [1000, 9.52],
]

function rows(
  name: string,
  algorithm: string | Readonly<Record<string, unknown>>,
  id: string,
  means: Means,
  quick: readonly number[],
): Oracle[] {
  return means.map(([clients, theory]) => ({
    id: `L6 ${id}m=${clients}`,
    name: `${name}, ${clients} client${clients > 1 ? 's' : ''}, ${SERVERS} servers, λ ${LAMBDA}: mean time in system`,
    theory,
    tolerance: 0.06,
    arrivals: clients < 100 ? 300_000 : 600_000,
    quickSeeds: quick.includes(clients) ? 1 : 0,
    scenario: farm(algorithm, SERVERS, LAMBDA, clients),
    measure: meanSeconds,
  }))
}

/** A round robin of the reference's kind, which ours is not on purpose: every client begins with the first host. */
class InStep extends CountingBalancer {
  readonly algorithm = 'in-step'
  picker<Row extends Pickable>(rows: readonly Row[]): Picker<Row> {
    let turns = 0
    return { pick: () => rows[turns++ % rows.length] }
  }
}

const inStep = new ContainerModule(({ rebind }) => {
  rebind(Tokens.balancer).toConstantValue(() => new InStep())
})

const phaseLocked: Oracle[] = (
  [
    [1, 5.25],
    [10, 5.78],
    [100, 7.35],
    [1000, 85.8],
  ] as const
).map(([clients, theory]) => ({
  id: `L6 rr m=${clients}`,
  name: `the same, all from the first host, by a balancer of one's own, ${clients} client${clients > 1 ? 's' : ''}`,
  theory,
  tolerance: clients === 1000 ? 0.15 : 0.06,
  // They fall out of step as time goes by: what a thousand wait is that of the first 300,000 calls, less a warmup.
  arrivals: 300_000,
  quickSeeds: 0,
  scenario: (arrivals) => ({
    ...farm('round-robin', SERVERS, LAMBDA, clients)(arrivals),
    modules: [inStep],
  }),
  measure: meanSeconds,
}))

export const manyClients: readonly Oracle[] = [
  ...rows('power of two choices', 'p2c', '', TWO_CHOICES, [1, 10, 100, 1000]),
  ...rows('least request of all', { algorithm: 'least-request', choices: 'all' }, 'all ', ALL, [1, 10, 1000]),
  // A thousand clients in turn are steady after several rounds of all of them, which is no quick run.
  ...rows('round robin', 'round-robin', 'in turn ', IN_TURN, [1, 100]),
  ...phaseLocked,
]
