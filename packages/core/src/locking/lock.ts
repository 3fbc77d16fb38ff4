/**
 * The Lock port: to be the only one who does something, among all who ask the same outside service (a Consul session, an
 * etcd lease). A lock of this kind is a lease: who is paused for longer than its time has lost it without having been
 * told, so what it guards should carry {@link LockSink.acquired}'s fencing token.
 */
export interface Lock {
  readonly name: string
  /**
   * Asks for the lock until it has it, and keeps it until it is lost or the handle is disposed of; after a loss it asks
   * again. `ttlMs` is how long the lock outlives a holder that does not answer.
   */
  acquire(name: string, ttlMs: number, sink: LockSink): Disposable
  close(): void
}

export interface LockSink {
  /** Alone from here on. `fence` grows with each holder: what is guarded can refuse whoever comes with an older one. */
  acquired(fence: bigint): void
  /** No longer alone, or no longer sure to be. */
  lost(error: Error): void
  /** The outside service cannot be reached, or refuses; asked again after a wait. */
  error(error: Error): void
}
