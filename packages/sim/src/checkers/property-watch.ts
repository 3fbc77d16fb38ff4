/**
 * Properties of a run: what holds in every step, at last, or at some time. A condition is a threshold that is asked of each
 * step of the timeline by itself; a step in which there was nothing to measure says nothing.
 */
import { ConfigError } from '@seakeep/core'
import type { CallListener } from '../recording/call-listener.ts'
import type { Recorder } from '../recording/recorder.ts'
import type { PropertyReport, RunEvent } from '../recording/run-document.ts'
import type { Timeline } from '../recording/timeline.ts'
import type { StepView } from '../scenario/properties-data.ts'
import type {
  ResolvedProperty,
  ResolvedScenario,
  ResolvedThreshold,
  StepCondition,
} from '../scenario/resolved-scenario.ts'
import { lastFaultEndMs } from './recovery.ts'
import { subjectKey, ThresholdWatch } from './threshold-watch.ts'

/** What a step says: the figure, and whether the property holds in it; undefined where there was nothing to measure. */
interface StepAnswer {
  readonly value: number | null
  readonly holds: boolean
}
type AskStep = (step: number) => StepAnswer | undefined

/** The properties of a scenario under watch. */
export class WatchedProperties {
  readonly #scenario: ResolvedScenario
  readonly #recorder: Recorder
  readonly #reports: readonly (() => PropertyReport)[]

  constructor(scenario: ResolvedScenario, recorder: Recorder) {
    this.#scenario = scenario
    this.#recorder = recorder
    this.#reports = scenario.properties.map((property) => this.#watch(property))
  }

  /** When the run is over. */
  reports(): PropertyReport[] {
    return this.#reports.map((report) => report())
  }

  #watch(property: ResolvedProperty): () => PropertyReport {
    if ('onEvent' in property) return this.#watchEvents(property)
    const ask = 'condition' in property ? this.#askSteps(property.condition) : this.#askCode(property.holds)
    switch (property.kind) {
      case 'always':
        return () => always(property.text, this.#steps(property.fromMs, property.untilMs), ask, this.#stepMs)
      case 'sometimes':
        return () => sometimes(property.text, this.#steps(property.fromMs, property.untilMs), ask, this.#stepMs)
      case 'eventually': {
        const afterMs = property.afterMs ?? lastFaultEndMs(this.#scenario) ?? this.#scenario.warmupMs
        const steps = (): readonly number[] => this.#steps(afterMs, Number.POSITIVE_INFINITY)
        return () => eventually(property.text, steps(), ask, this.#stepMs, afterMs, property.withinMs)
      }
    }
  }

  #watchEvents({
    text,
    onEvent,
  }: ResolvedProperty & { readonly kind: 'sometimes'; onEvent(event: RunEvent): boolean }) {
    let times = 0
    let firstMs: number | undefined
    this.#recorder.log.follow((event) => {
      if (!onEvent(event)) return
      times += 1
      firstMs ??= event.atMs
    })
    return (): PropertyReport => hits(text, times, firstMs)
  }

  /** Whole steps after the warm-up that begin and end within. */
  #steps(fromMs: number, untilMs: number): readonly number[] {
    const stepMs = this.#stepMs
    const first = Math.ceil(Math.max(fromMs, this.#scenario.warmupMs) / stepMs)
    const end = Math.floor(Math.min(untilMs, this.#recorder.endUs / 1000) / stepMs)
    return Array.from({ length: Math.max(0, end - first) }, (_, i) => first + i)
  }

  #askSteps(condition: StepCondition): AskStep {
    const threshold: ResolvedThreshold = { ...condition, withinMs: undefined, fromMs: undefined, untilMs: undefined }
    const watch = new StepwiseWatch(threshold, this.#recorder.stepUs)
    const key = subjectKey(threshold)
    if (key !== undefined) this.#recorder.listen(key, watch)
    return (step) => watch.answer(step, this.#scenario, this.#recorder)
  }

  #askCode(holds: (step: StepView) => boolean): AskStep {
    return (step) => ({ value: null, holds: holds(this.#view(step)) })
  }

  #view(step: number): StepView {
    const [fromMs, untilMs] = [step * this.#stepMs, (step + 1) * this.#stepMs]
    const recorder = this.#recorder
    return {
      fromMs,
      untilMs,
      get events() {
        return recorder.log.events.filter(({ atMs }) => atMs >= fromMs && atMs < untilMs)
      },
      value(metric) {
        const dot = metric.lastIndexOf('.')
        const [subject, name] = [metric.slice(0, dot), metric.slice(dot + 1)]
        const timeline = timelineOf(subject, recorder)
        if (timeline === undefined) throw new ConfigError('value', `${metric}: no workload or service ${subject}`)
        if (name === 'goodput') return timeline.goodputOf(step)
        if (name === 'offered') return (timeline.offered[step] ?? 0) / (recorder.stepUs / 1e6)
        throw new ConfigError('value', `${metric} is not kept by steps; goodput and offered are`)
      },
    }
  }

  get #stepMs(): number {
    return this.#recorder.stepUs / 1000
  }
}

/** A threshold asked of each step: the calls go to the step in which they were offered. */
class StepwiseWatch implements CallListener {
  readonly #threshold: ResolvedThreshold
  readonly #stepUs: number
  readonly #steps: ThresholdWatch[] = []

  constructor(threshold: ResolvedThreshold, stepUs: number) {
    this.#threshold = threshold
    this.#stepUs = stepUs
  }

  onEnd(offeredUs: number, endedUs: number, judgeUs: number, ending: string, isUnsent: boolean): void {
    this.#at(Math.floor(offeredUs / this.#stepUs)).onEnd(offeredUs, endedUs, judgeUs, ending, isUnsent)
  }

  onOpen(offeredUs: number, endUs: number, judgeUs: number): void {
    this.#at(Math.floor(offeredUs / this.#stepUs)).onOpen(offeredUs, endUs, judgeUs)
  }

  answer(step: number, scenario: ResolvedScenario, recorder: Recorder): StepAnswer | undefined {
    const { value, ok } = this.#at(step).report(scenario, recorder)
    return value === null ? undefined : { value, holds: ok }
  }

  #at(step: number): ThresholdWatch {
    const never = Number.POSITIVE_INFINITY
    const fromUs = step * this.#stepUs
    this.#steps[step] ??= new ThresholdWatch(this.#threshold, {
      fromUs,
      untilUs: fromUs + this.#stepUs,
      seenUntilUs: never,
      withinUs: never,
    })
    return this.#steps[step]
  }
}

function timelineOf(subject: string, recorder: Recorder): Timeline | undefined {
  return recorder.workloads.get(subject)?.timeline ?? recorder.services.get(subject)?.timeline
}

/** What nothing was measured of does not pass. */
function always(property: string, steps: readonly number[], ask: AskStep, stepMs: number): PropertyReport {
  const answers = steps.flatMap((step) => {
    const answer = ask(step)
    return answer === undefined ? [] : [{ step, ...answer }]
  })
  const broken = answers.filter(({ holds }) => !holds)
  const [first] = broken
  const common = { kind: 'always', property } as const
  if (answers.length === 0) return { ...common, ok: false, value: null, why: 'nothing was measured in any step' }
  if (first === undefined) return { ...common, ok: true, value: null }
  const why = `not in ${broken.length} of ${answers.length} steps`
  return { ...common, ok: false, value: first.value, atMs: first.step * stepMs, why }
}

function eventually(
  property: string,
  steps: readonly number[],
  ask: AskStep,
  stepMs: number,
  afterMs: number,
  withinMs: number,
): PropertyReport {
  const found = steps.find((step) => ask(step)?.holds === true)
  const value = found === undefined ? null : found * stepMs - afterMs
  const common = { kind: 'eventually', property, value } as const
  if (value !== null && value <= withinMs) return { ...common, ok: true, atMs: afterMs + value }
  return { ...common, ok: false, atMs: afterMs, why: found === undefined ? 'never' : 'too late' }
}

function sometimes(property: string, steps: readonly number[], ask: AskStep, stepMs: number): PropertyReport {
  const found = steps.filter((step) => ask(step)?.holds === true)
  return hits(property, found.length, found[0] === undefined ? undefined : found[0] * stepMs)
}

function hits(property: string, times: number, atMs: number | undefined): PropertyReport {
  const common = { kind: 'sometimes', property, value: times } as const
  return atMs === undefined ? { ...common, ok: false, why: 'never' } : { ...common, ok: true, atMs }
}
