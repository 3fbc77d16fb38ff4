import type { Recorder } from '../../recording/recorder.ts'
import type { RunEvent } from '../../recording/run-document.ts'
import type { CallSeen, Witness } from '../../recording/witness.ts'
import type { ResolvedInvariant, ResolvedScenario } from '../../scenario/resolved-scenario.ts'

/** What an invariant may look at. */
export interface InvariantContext {
  readonly scenario: ResolvedScenario
  readonly recorder: Recorder
  readonly invariant: ResolvedInvariant
  nowUs(): number
  /** It has been broken. */
  broken(violation: Violation): void
}

export interface Violation {
  readonly subject: string
  readonly why: string
  readonly call?: CallSeen | undefined
}

/** Something that must hold in every run, whatever the policies. Told as the run goes; some judge at its end only. */
export interface Invariant extends Witness {
  onEvent?(event: RunEvent): void
  atEnd?(): void
}

/** `client#1>payments` */
export function edgeOf({ host, service }: CallSeen): string {
  return `${host.name}>${service}`
}

/** The instant, in ms, at which a call is over at the latest: its caller's deadline, or its policy's timeout. */
export function endMsOf(call: CallSeen, { policies }: ResolvedScenario): number {
  const timeoutMs = policies?.policyFor(call.host.caller, call.service, call.method)?.timeoutMs
  return Math.min(
    call.deadlineMs,
    timeoutMs === undefined ? Number.POSITIVE_INFINITY : call.offeredUs / 1000 + timeoutMs,
  )
}

/** Nothing that was due could be done: the caller is gone, or it stood still meanwhile. */
export function wasAway({ host, offeredUs }: CallSeen): boolean {
  return !host.isUp || host.resumedUs >= offeredUs || host.downUs >= offeredUs
}
