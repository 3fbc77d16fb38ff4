import type { Field } from '../options/field.ts'
import { type Place, placeOf } from '../options/place.ts'
import { oneOf } from '../options/words.ts'

export type BalancingAlgorithm = 'round-robin' | 'p2c' | 'p2c-ewma'

/** What a policy that says nothing else balances with: two choices, peak-EWMA cost (Finagle, Linkerd). */
export const DEFAULT_BALANCING_ALGORITHM: BalancingAlgorithm = 'p2c-ewma'

/** The description from which validation, default and schema follow. */
export const BALANCING_ALGORITHM: Field<BalancingAlgorithm, ''> = oneOf(['round-robin', 'p2c', 'p2c-ewma'], {
  default: DEFAULT_BALANCING_ALGORITHM,
  notYet: ['weighted-round-robin', 'random', 'least-request', 'ring-hash', 'maglev'],
  about: 'How an endpoint is picked',
})

/** The algorithm called `input`, {@link DEFAULT_BALANCING_ALGORITHM} for undefined. Throws a ConfigError. */
export function resolveBalancingAlgorithm(
  input?: BalancingAlgorithm,
  path: string | Place = 'loadBalancing',
): BalancingAlgorithm {
  return BALANCING_ALGORITHM.resolve(input, placeOf(path))
}
