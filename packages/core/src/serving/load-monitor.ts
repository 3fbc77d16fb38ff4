/** The load port: how busy this process is. Read by inbound shedding. */
export interface LoadMonitor {
  /** Event-loop delay of the last sampling interval, 99th percentile, in milliseconds. */
  readonly loopDelayMs: number
  /** Event-loop utilisation of the last sampling interval, 0 to 1. */
  readonly utilization: number
}

/** An idle process: for tests and for hosts that are not measured. */
export const NO_LOAD: LoadMonitor = { loopDelayMs: 0, utilization: 0 }
