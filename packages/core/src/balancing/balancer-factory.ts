import { ConfigError } from '../errors/seakeep-error.ts'
import type { Random } from '../random/random.ts'
import type { Balancer } from './balancer.ts'
import type { BalancingAlgorithm } from './balancing-options.ts'
import { P2c } from './p2c.ts'
import { P2cEwma } from './p2c-ewma.ts'
import { RoundRobin } from './round-robin.ts'

const MAKERS: Readonly<Record<BalancingAlgorithm, (random: Random, service: string) => Balancer>> = {
  // A stream of the service's own, so that no other target's existence moves the start.
  'round-robin': (random, service) => new RoundRobin(random.stream(`round-robin/${service}`)),
  p2c: (random) => new P2c(random),
  'p2c-ewma': (random) => new P2cEwma(random),
}

/**
 * The balancer that an algorithm's name in a policy stands for: one for each target.
 *
 * @throws ConfigError for a name that is none.
 */
export function createBalancer(algorithm: string, random: Random, service: string): Balancer {
  if (!Object.hasOwn(MAKERS, algorithm)) {
    const known = Object.keys(MAKERS).join(', ')
    throw new ConfigError('loadBalancing', `${JSON.stringify(algorithm)} is no balancing algorithm; known: ${known}`)
  }
  return MAKERS[algorithm as BalancingAlgorithm](random, service)
}
