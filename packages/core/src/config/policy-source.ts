/**
 * The PolicySource port: where the policy document is kept, and followed. Plain callbacks, as with the Registry port; an
 * adapter reconnects by itself for ever, and one that cannot be reached says so through `error` and goes on trying.
 *
 * A source gives texts, not documents: reading them, and keeping the last good one where the new one is bad, is the same
 * for all (see `policy-follower.ts`).
 */
export interface PolicySource {
  /** For events and errors: `consul seakeep/policies`, `policies.yaml`. */
  readonly name: string
  /** Follows the document from now on: tells what is there first, then each change. */
  watch(sink: PolicySourceSink): Disposable
  close(): void
}

export interface PolicySourceSink {
  /** A change of `text` is a change; the same text under another revision may be told, and is none. */
  document(stored: PolicyText): void
  /** There is no document there (any more): what governs now goes on governing. */
  missing(): void
  /**
   * The watch is interrupted; what was last told stays valid and the adapter goes on trying. Said once an outage: the next
   * word, which is the document (changed or not) or that it is missing, says that it is over.
   */
  error(error: Error): void
}

/** One text as a source keeps it. */
export interface PolicyText {
  /** YAML or JSON, as it was written. */
  readonly text: string
  /** The store's own mark of this state, to compare and to print: Consul's ModifyIndex, etcd's mod_revision, a hash. */
  readonly revision: string
}

/** A source that can be written to as well: for the command line, not for calls, hence promises. */
export interface PolicyStore extends PolicySource {
  /** What is there now. */
  read(): Promise<PolicyText | undefined>
  /**
   * Writes where the revision there is still `expected` (undefined: where nothing is there), and keeps what was pushed in
   * the history. Rejects with a PolicyConflictError where somebody else was faster.
   */
  write(entry: PushedPolicies, expected: string | undefined): Promise<PolicyText>
  /** What was pushed, the newest first, at most `limit`. */
  history(limit: number): Promise<readonly PushedPolicies[]>
}

/** One push, as the history keeps it. */
export interface PushedPolicies {
  /** The content's hash as `PolicyDocument.hash` gives it: names it in `rollback` and in events. */
  readonly hash: string
  readonly text: string
  /** Wall-clock time of the push, in milliseconds since 1970. */
  readonly atMs: number
  readonly author?: string
  readonly message?: string
}
