import { isConfigError, isRejectedError } from '../errors/seakeep-error.ts'

/** What an ended attempt says about its target. `ignored` counts for neither breaker nor budget. */
export type Verdict = 'success' | 'failure' | 'ignored'

export interface Classifiable {
  readonly value?: unknown
  readonly error?: unknown
  /** Which attempt of the call, from 1. */
  readonly attempt: number
}

export type Classifier = (ended: Classifiable) => Verdict

/**
 * The default: a value is a success, unless its `status` is 500 or more (failure) or 429 (ignored); an error is a
 * failure, but ignored with a 4xx `status` or where it is a refusal of our own or a mistake in what was asked.
 */
export const classify: Classifier = ({ value, error }) => {
  return error === undefined ? verdictOfStatus(statusOf(value)) : verdictOfError(error)
}

/** What an answer says by its status. */
export function verdictOfStatus(status: number | undefined): Verdict {
  return status === undefined ? 'success' : status === 429 ? 'ignored' : status >= 500 ? 'failure' : 'success'
}

export function verdictOfError(error: unknown): Verdict {
  if (isRejectedError(error) || isConfigError(error)) return 'ignored'
  const status = statusOf(error)
  return status !== undefined && status >= 400 && status < 500 ? 'ignored' : 'failure'
}

/** The numeric `status` of a value or error, where it has one. */
export function statusOf(value: unknown): number | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const status = (value as { status?: unknown }).status
  return typeof status === 'number' ? status : undefined
}
