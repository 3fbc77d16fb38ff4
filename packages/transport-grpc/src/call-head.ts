import { Buffer } from 'node:buffer'
import { Metadata } from '@grpc/grpc-js'
import { type CallRequest, ConfigError } from '@seakeep/core'
import { ATTEMPT_HEADER, type Attempt, CALLER_HEADER, NO_DEADLINE, PRIORITY_HEADER } from '@seakeep/core/spi'
import { grpcTimeout, TIMEOUT_KEY } from './grpc-metadata.ts'
import { StubRequest } from './stub-request.ts'

const METHOD = /^[^/\s]+\/[^/\s]+$/
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/
/**
 * Metadata that HTTP/2 forbids. grpc-js does not look: for one of these it closes the connection, and with it every other
 * call that is under way on it.
 */
const FORBIDDEN = new Set([
  ...['connection', 'content-length', 'http2-settings', 'keep-alive', 'proxy-connection', 'transfer-encoding'],
  ...['upgrade'],
])

/** @throws ConfigError for a request that gRPC cannot say. */
export function methodOf(request: CallRequest): string {
  const { method, query } = request
  if (method === undefined || !METHOD.test(method)) {
    throw new ConfigError(
      'request.method',
      `'${method}' is not allowed; a service and its method, as 'pkg.Service/Get'`,
    )
  }
  if (query !== undefined && Object.keys(query).length > 0) {
    throw new ConfigError('request.query', 'gRPC has no query; say it in the message')
  }
  return method
}

/**
 * What is sent before the message. Made anew for each attempt, since what is left until the deadline differs. It goes as
 * grpc-timeout and not as grpc-js' `deadline`: that would end the call by a second timer, on the wall clock, and the two
 * would race for what the attempt's ending is called.
 *
 * A request's own `seakeep-…` and `grpc-…` are dropped: a handler that passes on the metadata it was given must not pass
 * on a deadline that has been running since. A stub's metadata goes as it is, with ours set over it.
 *
 * @throws ConfigError for metadata that gRPC cannot say.
 */
export function metadataOf(attempt: Attempt, deadlineMs: number, nowMs: number): Metadata {
  const { request } = attempt
  const metadata = request instanceof StubRequest ? request.metadata.clone() : written(request.headers)
  if (deadlineMs !== NO_DEADLINE) metadata.set(TIMEOUT_KEY, grpcTimeout(deadlineMs - nowMs))
  metadata.set(ATTEMPT_HEADER, String(attempt.number))
  if (attempt.priority !== undefined) addTo(metadata, PRIORITY_HEADER, attempt.priority)
  if (attempt.caller !== undefined) addTo(metadata, CALLER_HEADER, attempt.caller)
  return metadata
}

function written(given: CallRequest['headers']): Metadata {
  const metadata = new Metadata()
  for (const name in given) {
    const value = given[name]
    if (value === undefined) continue
    const key = name.toLowerCase()
    if (key.startsWith('seakeep-') || key.startsWith('grpc-')) continue
    addTo(metadata, key, value)
  }
  return metadata
}

/** Binary metadata (`…-bin`) is base64 in a call's headers, several values of it joined by commas, as on the wire. */
function addTo(metadata: Metadata, key: string, value: string): void {
  if (FORBIDDEN.has(key) || key.startsWith(':')) {
    throw new ConfigError(`request.headers.${key}`, 'is about the connection, which is not the call’s to decide')
  }
  try {
    if (!key.endsWith('-bin')) return metadata.set(key, value)
    for (const one of value.split(',')) {
      const text = one.trim()
      if (!BASE64.test(text)) throw new Error('binary metadata is given in base64')
      metadata.add(key, Buffer.from(text, 'base64'))
    }
  } catch (cause) {
    throw new ConfigError(`request.headers.${key}`, (cause as Error).message, { cause })
  }
}
