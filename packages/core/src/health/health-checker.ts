import type { Endpoint } from '../endpoint/endpoint.ts'
import type { EndpointProbe, ProbeResult, ProbeSink } from '../transport/endpoint-probe.ts'

/** The HealthChecker port: asks one endpoint how it is. Outliers are found by watching traffic, without it. */
export interface HealthChecker {
  /**
   * `told` is called exactly once and `timeoutMs` from now at the latest, perhaps before this returns; not any more after
   * the returned handle was disposed of.
   */
  check(endpoint: Endpoint, probe: EndpointProbe, timeoutMs: number, told: (result: HealthResult) => void): Disposable
  /** Listens to what the endpoint says of itself, until disposed of. Undefined where it can only be asked. */
  watch?(endpoint: Endpoint, probe: EndpointProbe, sink: ProbeSink): Disposable | undefined
}

export type HealthResult = ProbeResult
