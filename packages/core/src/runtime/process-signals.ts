/** The port of the process's own signals: what tells a server to drain. */
export interface ProcessSignals {
  /** Calls `told` each time the process is asked to end (SIGTERM, SIGINT). */
  onTerminate(told: () => void): Disposable
}

/** A process that is never asked to end: for tests and virtual hosts. */
export const NO_SIGNALS: ProcessSignals = { onTerminate: () => ({ [Symbol.dispose]: () => {} }) }
