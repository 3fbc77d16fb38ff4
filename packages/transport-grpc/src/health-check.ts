import { status } from '@grpc/grpc-js'
import type { Answer, Endpoint } from '@seakeep/core'
import {
  type Attempt,
  type AttemptResult,
  type AttemptSink,
  after,
  type Cancel,
  type Clock,
  type ProbeResult,
} from '@seakeep/core/spi'
import { statusText } from './grpc-status.ts'
import { healthRequest, servingStatusOf } from './health-message.ts'

/** Sends an attempt whose body is bytes. */
type Ask = (attempt: Attempt, sink: AttemptSink<AttemptResult>) => Cancel

/**
 * `grpc.health.v1.Health/Check` over the channel that calls go through: what answers the check is what answers the calls.
 * The empty name asks for the server as a whole.
 */
export function checkHealth(
  ask: Ask,
  endpoint: Endpoint,
  service: string,
  timeoutMs: number,
  clock: Clock,
  told: (result: ProbeResult) => void,
): Disposable {
  let isOver = false
  const end = (result: ProbeResult | undefined): void => {
    if (isOver) return
    isOver = true
    timer.cancel()
    if (result !== undefined) told(result)
  }
  const timer = after(clock, timeoutMs, () => {
    cancel('timeout')
    end({ isHealthy: false, reason: `no answer within ${timeoutMs} ms` })
  })
  const attempt: Attempt = {
    service: endpoint.service,
    endpoint,
    request: { method: 'grpc.health.v1.Health/Check', body: healthRequest(service) },
    number: 1,
    key: 0,
    deadlineMs: clock.now() + timeoutMs,
    priority: undefined,
    idempotent: true,
    isProbe: true,
  }
  const cancel = ask(attempt, { commit: () => {}, settle: (result) => end(judge(result)) })
  return {
    [Symbol.dispose]: () => {
      if (!isOver) cancel('cancelled')
      end(undefined)
    },
  }
}

/**
 * SERVING is healthy. A server without the health service says nothing of itself (gRPC A17 would have it healthy; here its
 * endpoints are left to what their traffic shows). Everything else is not: NOT_FOUND is how servers say of a service they
 * do not have that it is not served.
 */
function judge({ ending, value, error }: AttemptResult): ProbeResult {
  if (ending === 'ok' && error === undefined) {
    const said = servingStatusOf((value as Answer).body as Uint8Array)
    return { isHealthy: said === 'SERVING', reason: `answered ${said ?? 'what is no health status'}` }
  }
  const { code, details, message } = error as { code?: number; details?: string; message?: string }
  if (value === undefined || code === undefined) return { isHealthy: false, reason: message ?? ending }
  const reason = `answered ${statusText({ code, details: details ?? '' })}`
  return { isHealthy: code === status.UNIMPLEMENTED ? undefined : false, reason }
}
