import type { Attempt, AttemptSink, Cancel } from '../call/call.ts'
import type { AttemptResult } from '../call/outcome.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import type { EndpointProbe, ProbeResult, ProbeSink } from './endpoint-probe.ts'

/**
 * The Transport port: sends one attempt to one endpoint. It neither retries, nor balances, nor times out by itself; the
 * pipeline does, and cancels with the reason `timeout` or `cancelled`.
 */
export interface Transport {
  /** Which endpoints it speaks to: matched with `endpoint.protocol`. */
  readonly protocol: string
  send(attempt: Attempt, sink: AttemptSink<AttemptResult>): Cancel
  /**
   * Asks an endpoint how it is, in a way that is not a GET through {@link send}: a connection, gRPC's health service.
   * `told` is called once, `timeoutMs` from now at the latest, unless the handle is disposed of first.
   */
  check?(endpoint: Endpoint, probe: EndpointProbe, timeoutMs: number, told: (result: ProbeResult) => void): Disposable
  /**
   * Listens to what an endpoint says of itself, until the handle is disposed of. Over the connection that calls go through,
   * and no longer than that stands. Undefined where that probe is one that can only be asked.
   */
  watch?(endpoint: Endpoint, probe: EndpointProbe, sink: ProbeSink): Disposable | undefined
  /** Tells that an endpoint has left for good, so that its connections can be closed when idle. */
  forget?(endpoint: Endpoint): void
  /** Closes idle connections at once and the others when their attempts have ended, or at the deadline by force. */
  close(deadlineMs: number, done: () => void): void
}
