import { type ServiceError, status } from '@grpc/grpc-js'

/** What etcd, or the way to it, has answered instead of an answer. */
export class EtcdError extends Error {
  /** gRPC's status code. */
  readonly code: number
  /** False where it surely has not been sent. */
  readonly wasSent: boolean

  constructor(code: number, message: string, options: ErrorOptions & { readonly wasSent?: boolean } = {}) {
    super(message, options)
    this.name = 'EtcdError'
    this.code = code
    this.wasSent = options.wasSent ?? true
  }
}

export function etcdError(error: Partial<ServiceError> & Error, endpoint: string, wasSent = true): EtcdError {
  const { code = status.UNKNOWN, details = error.message } = error
  return new EtcdError(code, `etcd at ${endpoint}: ${details === '' ? status[code] : details}`, {
    cause: error,
    wasSent,
  })
}

/** Another endpoint, or a new connection, may do better. */
export function isEndpointFault(error: unknown): boolean {
  return hasCode(error, FAULTS)
}
const FAULTS: readonly number[] = [
  status.UNAVAILABLE,
  status.DEADLINE_EXCEEDED,
  status.INTERNAL,
  status.UNKNOWN,
  status.CANCELLED,
  status.DATA_LOSS,
]

/** Of the methods used here only those that name a lease answer NOT_FOUND: it has run out or was revoked. */
export function isLeaseGone(error: unknown): boolean {
  return hasCode(error, [status.NOT_FOUND])
}

/** The token has run out, is unknown after a restart, or is of before a change of users or roles: log in again. */
export function isTokenRefused(error: unknown): boolean {
  if (hasCode(error, [status.UNAUTHENTICATED])) return true
  return hasCode(error, [status.INVALID_ARGUMENT]) && speaksOfToken((error as Error).message)
}

/** etcd has no code of its own for these, and cancels watches with nothing but a text. */
export function speaksOfToken(text: string): boolean {
  return /invalid auth token|auth store is old|user name is empty/.test(text)
}

/** Authentication is off there, so there is nothing to log in to. */
export function isAuthOff(error: unknown): boolean {
  return hasCode(error, [status.FAILED_PRECONDITION])
}

function hasCode(error: unknown, codes: readonly number[]): boolean {
  return error instanceof EtcdError && codes.includes(error.code)
}
