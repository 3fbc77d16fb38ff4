import type { Instance } from '../endpoint/endpoint.ts'

/** The last good list of a service, as it was kept. */
export interface StoredSnapshot {
  readonly instances: readonly Instance[]
  /** `clock.wallNow()` when it was good last. */
  readonly savedAtMs: number
}

/**
 * The SnapshotStore port: where last good lists outlive the process. It is asked while no registry answers, and neither
 * its slowness nor its failures reach a call: it tells them as events.
 */
export interface SnapshotStore {
  /** `told` gets what was kept, or nothing where there is nothing that can be used; once, perhaps before this returns. */
  load(service: string, told: (stored: StoredSnapshot | undefined) => void): void
  /** Keeps a list in place of the one before; in its own time. */
  save(service: string, instances: readonly Instance[], wallMs: number): void
  /** Keeps what is not kept yet, then calls `done`. What is saved later is lost. */
  close(done: () => void): void
}
