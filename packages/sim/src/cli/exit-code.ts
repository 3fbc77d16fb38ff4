/**
 * Exit codes, and how an error is told. This is the one place that knows them:
 *
 * 0 ok · 1 a threshold failed · 2 usage, a file, a scenario that cannot be used · 3 code of the scenario threw ·
 * 4 non-determinism · 5 invalid experiment · 130 interrupted
 */
import { isConfigError } from '@seakeep/core'
import type { RunDocument } from '../recording/run-document.ts'
import { WorkerError } from '../running/workers/node-worker-pool.ts'

/** The command line itself is wrong. */
export class UsageError extends Error {
  constructor(problem: string) {
    super(problem)
    this.name = 'UsageError'
  }
}

/** Of several runs the first of these that one of them had. */
const PRECEDENCE = [130, 2, 3, 4, 5, 1]

export function worst(codes: readonly number[]): number {
  return PRECEDENCE.find((code) => codes.includes(code)) ?? 0
}

export function codeOfRun(run: RunDocument): number {
  if (run.interrupted === true) return 130
  if (run.invalid !== undefined && run.invalid.length > 0) return 5
  return run.passed ? 0 : 1
}

export function codeOfError(error: unknown): number {
  const isUsers = error instanceof UsageError || isConfigError(error)
  return isUsers || (error instanceof WorkerError && error.isUsers) ? 2 : 3
}

/**
 * The error as the user reads it. What they can put right is one sentence that names the place; what code threw comes
 * with its stack, and with what caused it.
 */
export function describeError(error: unknown, file?: string): string {
  const before = 'seakeep: '
  if (codeOfError(error) === 2) {
    const message = (error as Error).message
    return `${before}${file === undefined || message.includes(file) ? '' : `${file}: `}${message}\n`
  }
  const parts: string[] = []
  for (let at: unknown = error; at !== undefined && at !== null && parts.length < 5; at = causeOf(at)) {
    parts.push(at instanceof Error ? (at.stack ?? String(at)) : `thrown: ${String(at)}`)
  }
  return `${before}${file === undefined ? '' : `${file}: `}${parts.join('\ncaused by: ')}\n`
}

function causeOf(error: unknown): unknown {
  return typeof error === 'object' ? (error as { readonly cause?: unknown }).cause : undefined
}
