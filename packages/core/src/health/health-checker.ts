import type { Endpoint } from '../endpoint/endpoint.ts'

/** The HealthChecker port: asks one endpoint how it is. Outliers are found by watching traffic, without it. */
export interface HealthChecker {
  /** `told` is called exactly once, unless the returned handle is disposed of first. */
  check(endpoint: Endpoint, timeoutMs: number, told: (result: HealthResult) => void): Disposable
}

export interface HealthResult {
  readonly isHealthy: boolean
  /** Why, for people: `503`, `connect ECONNREFUSED`. */
  readonly reason: string
}
