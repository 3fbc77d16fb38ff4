/**
 * The invariants of a scenario in data form: by name, or by name with what is its own. The helpers of `invariants` return
 * the same.
 */
import type { Duration, Ratio } from '@seakeep/core'

/** What each is given, where it takes something; `true` stands for those that take nothing. */
export interface InvariantForms {
  /** Calls offered are calls ended and calls open, on every edge. Always on. */
  readonly conservation: true
  /** Little's law as its exact identity, at every instance. Always on. */
  readonly littlesLaw: true
  /** No promise of the scenario's code is rejected and left alone. Always on: it ends the run. */
  readonly noUnhandledRejection: true
  /** Retries stay within the budgets of the policies; or, given a ratio, within it and 10 a second, whatever they say. */
  readonly retryBudget: Ratio
  /** Attempts under way stay within the limits of the policies; or, given a number, of it, for each caller and service. */
  readonly concurrencyLimit: number
  /** No attempt goes to an instance that has been down or draining for longer. Default 30 s. */
  readonly noCallToDead: Duration
  /** Calls end by their deadline or timeout, but for this much. Default 1 ms. */
  readonly deadline: Duration
  /** No attempt after the first is sent when the call's deadline or timeout has passed. */
  readonly noLateRetry: true
  /** Circuits open, half-open and close in no other order than they may. */
  readonly breakerTransitions: true
  /** No call of the highest class waits longer at a server that begins lower ones which came later. Default 5 s. */
  readonly noStarvation: Duration
  /** Goodput of every workload is back so long after the last fault. Default 30 s. */
  readonly recovery: Duration
}
export type InvariantName = keyof InvariantForms

export type InvariantData =
  | InvariantName
  | { [Name in InvariantName]: { readonly [Key in Name]: InvariantForms[Name] } }[InvariantName]

/** `all`, or some of them. */
export type InvariantsData = 'all' | readonly InvariantData[]

/** The invariants as helpers: `invariants.noCallToDead('5s')`. */
export const invariants: {
  readonly [Name in InvariantName]: InvariantForms[Name] extends true
    ? () => InvariantData
    : (given?: InvariantForms[Name]) => InvariantData
} = {
  conservation: () => 'conservation',
  littlesLaw: () => 'littlesLaw',
  noUnhandledRejection: () => 'noUnhandledRejection',
  retryBudget: (ratio) => (ratio === undefined ? 'retryBudget' : { retryBudget: ratio }),
  concurrencyLimit: (limit) => (limit === undefined ? 'concurrencyLimit' : { concurrencyLimit: limit }),
  noCallToDead: (after) => (after === undefined ? 'noCallToDead' : { noCallToDead: after }),
  deadline: (but) => (but === undefined ? 'deadline' : { deadline: but }),
  noLateRetry: () => 'noLateRetry',
  breakerTransitions: () => 'breakerTransitions',
  noStarvation: (after) => (after === undefined ? 'noStarvation' : { noStarvation: after }),
  recovery: (within) => (within === undefined ? 'recovery' : { recovery: within }),
}
