import { Metadata, type StatusObject, status } from '@grpc/grpc-js'
import { isCancelledError, isDeadlineExceededError, isSeakeepError, type RejectionReason } from '@seakeep/core'
import { type CallOutcome, REFUSED_HEADER } from '@seakeep/core/spi'
import { PUSHBACK_KEY } from './grpc-metadata.ts'

/** What was refused here, in gRPC's words: what another moment may allow is UNAVAILABLE, a limit is RESOURCE_EXHAUSTED. */
const REFUSED: Readonly<Record<RejectionReason, status>> = {
  'circuit-open': status.UNAVAILABLE,
  'no-endpoint': status.UNAVAILABLE,
  shed: status.UNAVAILABLE,
  'shutting-down': status.UNAVAILABLE,
  'rate-limited': status.RESOURCE_EXHAUSTED,
  concurrency: status.RESOURCE_EXHAUSTED,
  unauthorised: status.PERMISSION_DENIED,
}

/**
 * How a governed call ended, as the status that its stub is given. A status of the server goes through as it is, with its
 * details and trailers.
 */
export function stubStatusOf(outcome: CallOutcome, service: string): StatusObject {
  const { ending, error, deadlineExceeded } = outcome
  switch (ending) {
    case 'cancelled':
      return say(status.CANCELLED, 'Cancelled on client')
    case 'timeout':
      return say(status.DEADLINE_EXCEEDED, deadlineExceeded === true ? 'Deadline exceeded' : 'the attempt timed out')
    case 'ok':
    case 'error':
    case 'refused':
    case 'unreachable':
      return given(error) ?? say(codeOf(ending, error), messageOf(error) ?? `the call to ${service} failed: ${ending}`)
    default: {
      const said = say(REFUSED[ending], `the call to ${service} was refused: ${ending}`)
      said.metadata.set(REFUSED_HEADER, ending)
      if (outcome.retryAfterMs !== undefined) {
        said.metadata.set(PUSHBACK_KEY, String(Math.ceil(outcome.retryAfterMs)))
      }
      return said
    }
  }
}

/** Of what was thrown: a mistake in a call that was being started, or what has broken a stream off. */
export function stubStatusOfError(error: unknown): StatusObject {
  if (isCancelledError(error)) return say(status.CANCELLED, 'Cancelled on client')
  if (isDeadlineExceededError(error)) return say(status.DEADLINE_EXCEEDED, 'Deadline exceeded')
  return given(error) ?? say(codeOf('error', error), messageOf(error) ?? String(error))
}

function codeOf(ending: 'ok' | 'error' | 'refused' | 'unreachable', error: unknown): status {
  if (ending === 'unreachable' || ending === 'refused') return status.UNAVAILABLE
  return isSeakeepError(error) && error.code === 'SEAKEEP_CONFIG' ? status.INTERNAL : status.UNKNOWN
}

function given(error: unknown): StatusObject | undefined {
  const { code, details, metadata } = (error ?? {}) as Partial<StatusObject>
  if (typeof code !== 'number' || typeof details !== 'string') return undefined
  return { code, details, metadata: metadata instanceof Metadata ? metadata : new Metadata() }
}

function messageOf(error: unknown): string | undefined {
  return error instanceof Error ? error.message : undefined
}

function say(code: status, details: string): StatusObject {
  return { code, details, metadata: new Metadata() }
}
