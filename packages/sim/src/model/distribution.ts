/**
 * A distribution of lengths of time. A sample is a pure function of a key, so that the service demand of a request does
 * not depend on which policy ran or how many draws were made before it.
 */
export interface Distribution {
  /** A sample in milliseconds, at least 0, for the 32-bit `key`. */
  sampleMs(key: number): number
  /** The mean in milliseconds; `Infinity` where it does not exist. */
  readonly meanMs: number
}
