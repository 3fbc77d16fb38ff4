import type { Attempt, Cancel } from '../call/call.ts'
import type { AttemptResult } from '../call/outcome.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import { isConfigError } from '../errors/seakeep-error.ts'
import type { HealthChecker, HealthResult } from '../health/health-checker.ts'
import { after, type Clock } from '../time/clock.ts'
import type { EndpointProbe, ProbeSink } from '../transport/endpoint-probe.ts'
import type { Transport } from '../transport/transport.ts'

/**
 * Asks endpoints through the transport that calls go through: what answers the check is what answers the calls, over
 * the same connections and, in a simulation, over the same virtual network. A path is an ordinary GET; for anything else
 * a transport has to have a `check` of its own.
 */
export class TransportChecker implements HealthChecker {
  readonly #service: string
  readonly #clock: Clock
  readonly #transportFor: (protocol: string) => Transport | undefined

  constructor(service: string, clock: Clock, transportFor: (protocol: string) => Transport | undefined) {
    this.#service = service
    this.#clock = clock
    this.#transportFor = transportFor
  }

  check(endpoint: Endpoint, probe: EndpointProbe, timeoutMs: number, told: (result: HealthResult) => void): Disposable {
    const transport = this.#transportFor(endpoint.protocol)
    if (probe.kind !== 'http' && transport?.check !== undefined) {
      return transport.check(endpoint, probe, timeoutMs, told)
    }
    if (transport === undefined || probe.kind !== 'http') {
      told({ isHealthy: undefined, reason: `no transport of "${endpoint.protocol}" makes ${probe.kind} checks` })
      return { [Symbol.dispose]: () => {} }
    }
    return this.#get(transport, endpoint, probe.path, timeoutMs, told)
  }

  watch(endpoint: Endpoint, probe: EndpointProbe, sink: ProbeSink): Disposable | undefined {
    return this.#transportFor(endpoint.protocol)?.watch?.(endpoint, probe, sink)
  }

  #get(
    transport: Transport,
    endpoint: Endpoint,
    path: string,
    timeoutMs: number,
    told: (result: HealthResult) => void,
  ): Disposable {
    const attempt: Attempt = {
      service: this.#service,
      endpoint,
      request: { method: `GET ${path}` },
      number: 1,
      key: 0,
      deadlineMs: this.#clock.now() + timeoutMs,
      priority: undefined,
      idempotent: true,
      isProbe: true,
    }
    let isOver = false
    const end = (result: HealthResult | undefined): void => {
      if (isOver) return
      isOver = true
      timer.cancel()
      if (result !== undefined) told(result)
    }
    let cancel: Cancel | undefined
    let isStreamed = false
    const timer = after(this.#clock, timeoutMs, () => {
      cancel?.('timeout')
      end({ isHealthy: false, reason: `no answer within ${timeoutMs} ms` })
    })
    try {
      cancel = transport.send(attempt, {
        // The head of a streamed answer says what is asked, and nobody reads the rest.
        commit: (answer) => {
          isStreamed = true
          end(judge({ ending: 'ok', status: (answer as { status?: number } | undefined)?.status }))
          cancel?.('cancelled')
        },
        settle: (result) => end(judge(result)),
      })
      if (isStreamed) cancel('cancelled')
    } catch (error) {
      end(judge({ ending: 'error', error }))
    }
    return {
      [Symbol.dispose]: () => {
        if (!isOver) cancel?.('cancelled')
        end(undefined)
      },
    }
  }
}

/** 2xx is healthy. */
function judge({ ending, status, error }: AttemptResult): HealthResult {
  if (status !== undefined)
    return { isHealthy: ending === 'ok' && status >= 200 && status < 300, reason: `answered ${status}` }
  if (ending === 'ok') return { isHealthy: true, reason: 'answered' }
  const reason = error instanceof Error ? error.message : ending
  // What this transport cannot ask says nothing about the endpoint.
  return { isHealthy: isConfigError(error) ? undefined : false, reason }
}
