import { ConfigError } from '../errors/seakeep-error.ts'
import type { Random } from '../random/random.ts'
import type { Balancer } from './balancer.ts'
import {
  type BalancingAlgorithm,
  DEFAULT_BALANCING_OPTIONS,
  type ResolvedBalancingOptions,
} from './balancing-options.ts'
import { ConsistentHash } from './consistent-hash.ts'
import { HashRing } from './hash-ring.ts'
import { LeastRequest } from './least-request.ts'
import { MaglevTable } from './maglev-table.ts'
import { P2c } from './p2c.ts'
import { P2cEwma } from './p2c-ewma.ts'
import { RoundRobin } from './round-robin.ts'
import { WeightedRandom } from './weighted-random.ts'
import { WeightedRoundRobin } from './weighted-round-robin.ts'

type Maker = (random: Random, service: string, options: ResolvedBalancingOptions) => Balancer

const MAKERS: Readonly<Record<BalancingAlgorithm, Maker>> = {
  // Streams of the service's own, so that no other target's existence moves the start.
  'round-robin': (random, service) => new RoundRobin(random.stream(`round-robin/${service}`)),
  'weighted-round-robin': (random, service) => new WeightedRoundRobin(random.stream(`weighted-round-robin/${service}`)),
  random: (random) => new WeightedRandom(random),
  'least-request': (random, _service, options) => new LeastRequest(random, options),
  p2c: (random) => new P2c(random),
  'p2c-ewma': (random) => new P2cEwma(random),
  'ring-hash': (random, _service, { hashBalance }) =>
    new ConsistentHash('ring-hash', random, (rows) => new HashRing(rows), hashBalance),
  maglev: (random, _service, { hashBalance }) =>
    new ConsistentHash('maglev', random, (rows) => new MaglevTable(rows), hashBalance),
}

/**
 * The balancer that an algorithm's name in a policy stands for: one for each target.
 *
 * @throws ConfigError for a name that is none.
 */
export function createBalancer(
  algorithm: string,
  random: Random,
  service: string,
  options: ResolvedBalancingOptions = DEFAULT_BALANCING_OPTIONS,
): Balancer {
  if (!Object.hasOwn(MAKERS, algorithm)) {
    const known = Object.keys(MAKERS).join(', ')
    throw new ConfigError('loadBalancing', `${JSON.stringify(algorithm)} is no balancing algorithm; known: ${known}`)
  }
  return MAKERS[algorithm as BalancingAlgorithm](random, service, options)
}
