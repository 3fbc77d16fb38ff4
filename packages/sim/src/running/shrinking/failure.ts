/** What a smaller scenario must still show: the very failure that the whole one had, and no other. */
import type { PropertyReport, RunDocument, ThresholdReport } from '../../recording/run-document.ts'

/** Below so many calls what fails is an accident of a few of them, and no longer what failed. */
const LEAST_CALLS = 100

export interface Failure {
  /** As it is told: `gateway.goodput ratio>=0.99`. */
  readonly text: string
  /** The threshold's metric, and its condition; undefined where the run threw. */
  readonly threshold: Pick<ThresholdReport, 'metric' | 'expression'> | undefined
  /** The property it is, where it is one. */
  readonly property?: Pick<PropertyReport, 'kind' | 'property'>
  isIn(outcome: RunOutcome): boolean
}

/** What came of a run: its document, or what it threw. */
export type RunOutcome = { readonly run: RunDocument } | { readonly error: unknown }

/** The first failure of a run, or the first of `metric`; undefined where it has none. */
export function failureOf(outcome: RunOutcome, metric?: string): Failure | undefined {
  if ('error' in outcome) {
    const message = messageOf(outcome.error)
    return {
      text: message,
      threshold: undefined,
      isIn: (other) => 'error' in other && messageOf(other.error) === message,
    }
  }
  const { run } = outcome
  const found = run.thresholds.find((one) => !one.ok && (metric === undefined || one.metric === metric))
  if (found === undefined) return metric === undefined ? brokenProperty(run) : undefined
  const isValid = !isInvalid(run)
  const leastCalls = Math.min(LEAST_CALLS, callsOf(run))
  return {
    text: `${found.metric} ${found.expression}`,
    threshold: { metric: found.metric, expression: found.expression },
    isIn(other) {
      if ('error' in other || other.run.interrupted === true || callsOf(other.run) < leastCalls) return false
      const same = other.run.thresholds.find(
        (one) => one.metric === found.metric && one.expression === found.expression,
      )
      // Where nothing is left to measure every threshold fails; and a steady state that is broken is another story.
      const isMeasured = same?.value !== null || found.value === null
      return same?.ok === false && isMeasured && !(isValid && isInvalid(other.run))
    },
  }
}

/** An invariant that is broken once is broken; a condition on steps needs calls enough to mean what it did. */
function brokenProperty(run: RunDocument): Failure | undefined {
  const found = run.properties?.find(({ ok }) => !ok)
  if (found === undefined) return undefined
  const { kind, property, value } = found
  const isValid = !isInvalid(run)
  const leastCalls = kind === 'invariant' ? 0 : Math.min(LEAST_CALLS, callsOf(run))
  return {
    text: `${kind} ${property}`,
    threshold: undefined,
    property: { kind, property },
    isIn(other) {
      if ('error' in other || other.run.interrupted === true || callsOf(other.run) < leastCalls) return false
      const same = other.run.properties?.find((one) => one.kind === kind && one.property === property)
      const isMeasured = kind !== 'always' || same?.value !== null || value === null
      return same?.ok === false && isMeasured && !(isValid && isInvalid(other.run))
    },
  }
}

/** Offered by users after the warm-up. */
function callsOf({ workload }: RunDocument): number {
  return Object.values(workload).reduce((sum, { offered }) => sum + offered, 0)
}

function isInvalid(run: RunDocument): boolean {
  return run.invalid !== undefined && run.invalid.length > 0
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
