/** What a lint is: a function from what a document makes of calls to findings. */
import type { Place } from '../options/place.ts'
import type { LintedCall } from './lint-calls.ts'
import type { CallGraph } from './lint-graph.ts'
import type { PolicyDocument } from './policy-document.ts'

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

/** Judges what governs one kind of call. */
export type CallRule = (call: LintedCall) => readonly Finding[]

/** Judges the document as a whole. `isGiven`: the graph is known rather than read off the targets. */
export type DocumentRule = (document: PolicyDocument, graph: CallGraph, isGiven: boolean) => readonly Finding[]
