// What gRPC's statuses mean here: each as the HTTP status that core's classification, retrying and balancing read.
import { type StatusObject, status } from '@grpc/grpc-js'
import { isSeakeepError } from '@seakeep/core'

/**
 * The table of google.rpc.Code, which gateways use, too. It makes of the seventeen codes what the field makes of them:
 *
 * - 5xx, failures, which breakers count and policies retry: UNKNOWN, INTERNAL, DATA_LOSS, DEADLINE_EXCEEDED, UNAVAILABLE
 *   (503, with the server's pushback) and UNIMPLEMENTED (an instance of another version: the next one may know it). They
 *   are the codes that OpenTelemetry's conventions and go-zero's breaker count as errors of a server.
 * - RESOURCE_EXHAUSTED is 429: the server's word that this one was too much. Nobody's failure, and retried after its wait.
 * - all others are answers to this request that the next endpoint would give as well: neither retried nor counted against
 *   anyone. ABORTED belongs here, too: what is to be tried again is the transaction, not this call.
 */
const HTTP_STATUS: Readonly<Record<number, number>> = {
  [status.OK]: 200,
  [status.CANCELLED]: 499,
  [status.UNKNOWN]: 500,
  [status.INVALID_ARGUMENT]: 400,
  [status.DEADLINE_EXCEEDED]: 504,
  [status.NOT_FOUND]: 404,
  [status.ALREADY_EXISTS]: 409,
  [status.PERMISSION_DENIED]: 403,
  [status.RESOURCE_EXHAUSTED]: 429,
  [status.FAILED_PRECONDITION]: 400,
  [status.ABORTED]: 409,
  [status.OUT_OF_RANGE]: 400,
  [status.UNIMPLEMENTED]: 501,
  [status.INTERNAL]: 500,
  [status.UNAVAILABLE]: 503,
  [status.DATA_LOSS]: 500,
  [status.UNAUTHENTICATED]: 401,
}

/** A code that gRPC does not know is UNKNOWN. */
export function httpStatusOf(code: number): number {
  return HTTP_STATUS[code] ?? 500
}

/** `NOT_FOUND: no such charge`. */
export function statusText({ code, details }: { readonly code: number; readonly details: string }): string {
  const name = status[code] ?? `code ${code}`
  return details === '' ? name : `${name}: ${details}`
}

/**
 * gRPC's own status of a call that failed: its code, details and trailers, of what `rt.client().call()` has thrown.
 * Undefined where the failure is none of gRPC's: a refusal by policy, a deadline that passed here.
 */
export function grpcStatusOf(error: unknown): StatusObject | undefined {
  const cause = isSeakeepError(error) ? error.cause : undefined
  if (typeof cause !== 'object' || cause === null) return undefined
  const { code, details, metadata } = cause as Partial<StatusObject>
  const isStatus = typeof code === 'number' && typeof details === 'string' && metadata !== undefined
  return isStatus ? (cause as StatusObject) : undefined
}
