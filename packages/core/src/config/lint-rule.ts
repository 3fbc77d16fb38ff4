/** What a lint is: a function from what a document makes of calls to findings. */
import type { LintedCall } from './lint-calls.ts'
import type { Finding } from './lint-finding.ts'
import type { CallGraph } from './lint-graph.ts'
import type { PolicyDocument } from './policy-document.ts'

/** Judges what governs one kind of call. */
export type CallRule = (call: LintedCall) => readonly Finding[]

/** Judges the document as a whole. `isGiven`: the graph is known rather than read off the targets. */
export type DocumentRule = (document: PolicyDocument, graph: CallGraph, isGiven: boolean) => readonly Finding[]
