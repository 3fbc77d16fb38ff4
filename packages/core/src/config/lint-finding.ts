/** What lints say. */
import type { Place } from '../options/place.ts'

/** The rules there are, each described in docs/policy-commands.md. */
export type LintRule =
  | 'inert-breaker'
  | 'attempts-beyond-timeout'
  | 'no-budget'
  | 'inert-retry'
  | 'unsafe-retry'
  | 'inert-hedge'
  | 'unsafe-hedge'
  | 'inert-wait'
  | 'ejects-all'
  | 'stacked-retries'
  | 'shorter-caller'
  | 'unused-policy'
  | 'overridden-target'
  | 'unmatched-target'

export interface Finding {
  readonly rule: LintRule
  /** A `warning` should be put right; a `note` is how it will behave, which may be what is wanted. */
  readonly level: 'warning' | 'note'
  /** Where to put it right. */
  readonly place: Place
  /** What is wrong, with the numbers, and what to write instead. */
  readonly problem: string
  /** Keys of the targets it was found for. */
  readonly targets: readonly string[]
}
