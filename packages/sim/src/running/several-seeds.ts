/**
 * Several seeds of one scenario as one result: what must happen at some time may happen in any of them, so that it is
 * asked of all together and not of each.
 */
import type { RunDocument } from '../recording/run-document.ts'

/** The run as one of several: what it has not shown is left to the others. */
export function oneOfMany<Run extends RunDocument>(run: Run): Run {
  if (run.properties === undefined) return run
  const properties = run.properties.map((one) => (one.kind === 'sometimes' ? { ...one, ok: true } : one))
  const isValid = run.interrupted !== true && (run.invalid ?? []).length === 0
  return { ...run, properties, passed: isValid && [...run.thresholds, ...properties].every(({ ok }) => ok) }
}

/** What none of them has shown, in a sentence each. */
export function missedBy(runs: readonly RunDocument[]): string[] {
  return (runs[0]?.properties ?? []).flatMap(({ kind, property }, at) => {
    if (kind !== 'sometimes' || runs.some((run) => (run.properties?.[at]?.value ?? 0) > 0)) return []
    return [`sometimes ${property}: in none of ${runs.length} seeds`]
  })
}
