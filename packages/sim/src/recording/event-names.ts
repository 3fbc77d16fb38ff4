/** The events a run keeps: what `sometimes` may name. A new one is added here. */
import type { GovernanceEvent } from '@seakeep/core/spi'

/** Those of the governance that are transitions: hashed as facts and kept in the run's list. */
export const TRANSITIONS: ReadonlySet<GovernanceEvent['type']> = new Set([
  'circuitOpened',
  'circuitHalfOpened',
  'circuitClosed',
  'circuitIsolated',
  'circuitReleased',
  'endpointEjected',
  'endpointReturned',
  'endpointFailedChecks',
  'endpointRecovered',
  'registrationLost',
  'endpointsRetained',
  'resolverFailed',
  'resolverRecovered',
  'retryBudgetExhausted',
  'panicEntered',
  'panicLeft',
  'sheddingStarted',
  'sheddingEnded',
] as const)

/** All, with those of the model itself. */
export const RUN_EVENTS: readonly string[] = [
  ...TRANSITIONS,
  'faultBegan',
  'faultEnded',
  'instanceExpired',
  'instanceRestarted',
  'drainStarted',
  'instanceStopped',
  'deployFinished',
  'scaled',
]
