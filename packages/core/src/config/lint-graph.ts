/** Who calls whom: given by a topology, or as far as the targets `a>b` of a document tell. */
import type { PolicyDocument } from './policy-document.ts'
import type { KindOfCall } from './policy-selection.ts'

export interface CallGraph {
  readonly calls: readonly KindOfCall[]
  /** False where somebody may call others than those listed: real handlers say not whom they call. */
  readonly isWhole: boolean
}

/** The edges whose both ends a document names. */
export function graphOf(document: PolicyDocument): CallGraph {
  const calls = document.written.selection.targets.flatMap(({ key: { caller, service, method } }) =>
    caller.rank === 2 && service.rank === 2
      ? [{ from: caller.example, to: service.example, method: method?.example }]
      : [],
  )
  return { calls, isWhole: false }
}
