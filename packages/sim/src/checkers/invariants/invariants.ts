/**
 * The invariants that ship, by name. Those without a watch hold in every run or end it: the books are checked always, and
 * what nobody caught stops the run with the stack of who threw it.
 */
import type { Recorder } from '../../recording/recorder.ts'
import type { PropertyReport } from '../../recording/run-document.ts'
import type { CallSeen, InstanceSeen, JobSeen, Witness } from '../../recording/witness.ts'
import type { InvariantName } from '../../scenario/invariants-data.ts'
import type { ResolvedInvariant, ResolvedScenario } from '../../scenario/resolved-scenario.ts'
import { breakerTransitions } from './breaker-transitions.ts'
import { concurrencyLimit } from './concurrency-limit.ts'
import { deadline, noLateRetry } from './deadlines.ts'
import type { Invariant, InvariantContext, Violation } from './invariant.ts'
import { noCallToDead } from './no-call-to-dead.ts'
import { noStarvation } from './no-starvation.ts'
import { recovers } from './recovers.ts'
import { retryBudget } from './retry-budget.ts'

const HOLDS = (): Invariant => ({})

const INVARIANTS: Readonly<Record<InvariantName, (context: InvariantContext) => Invariant>> = {
  conservation: HOLDS,
  littlesLaw: HOLDS,
  noUnhandledRejection: HOLDS,
  retryBudget,
  concurrencyLimit,
  noCallToDead,
  deadline,
  noLateRetry,
  breakerTransitions,
  noStarvation,
  recovery: recovers,
}

/** Those that were asked for, at work: the run tells them what it does, and they say what was broken first and how often. */
export class WatchedInvariants implements Required<Witness> {
  readonly #all: readonly Watched[]

  constructor(scenario: ResolvedScenario, recorder: Recorder, nowUs: () => number) {
    this.#all = scenario.invariants.map((invariant) => new Watched(invariant, scenario, recorder, nowUs))
    recorder.log.follow((event) => {
      for (const { checks } of this.#all) checks.onEvent?.(event)
    })
  }

  onCall(call: CallSeen): void {
    for (const { checks } of this.#all) checks.onCall?.(call)
  }

  onSent(call: CallSeen, number: number, instance: InstanceSeen): void {
    for (const { checks } of this.#all) checks.onSent?.(call, number, instance)
  }

  onAttemptEnd(call: CallSeen): void {
    for (const { checks } of this.#all) checks.onAttemptEnd?.(call)
  }

  onCallEnd(call: CallSeen): void {
    for (const { checks } of this.#all) checks.onCallEnd?.(call)
  }

  onArrived(instance: string, job: JobSeen): void {
    for (const { checks } of this.#all) checks.onArrived?.(instance, job)
  }

  onBegun(instance: string, job: JobSeen): void {
    for (const { checks } of this.#all) checks.onBegun?.(instance, job)
  }

  onLeft(instance: string, job: JobSeen): void {
    for (const { checks } of this.#all) checks.onLeft?.(instance, job)
  }

  /** When the run is over. */
  reports(): PropertyReport[] {
    return this.#all.map((one) => one.report())
  }
}

class Watched {
  readonly checks: Invariant
  readonly #text: string
  #times = 0
  #first: (Violation & { readonly atMs: number }) | undefined = undefined

  constructor(invariant: ResolvedInvariant, scenario: ResolvedScenario, recorder: Recorder, nowUs: () => number) {
    this.#text = invariant.text
    this.checks = INVARIANTS[invariant.name]({
      scenario,
      recorder,
      invariant,
      nowUs,
      broken: (violation) => {
        this.#times += 1
        this.#first ??= { ...violation, atMs: nowUs() / 1000 }
      },
    })
  }

  report(): PropertyReport {
    this.checks.atEnd?.()
    const common = { kind: 'invariant', property: this.#text, value: this.#times } as const
    if (this.#first === undefined) return { ...common, ok: true }
    const { atMs, subject, why, call } = this.#first
    return { ...common, ok: false, atMs, subject, why, ...(call?.root === undefined ? {} : { call: call.root }) }
  }
}
