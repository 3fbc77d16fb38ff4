/** The properties of a scenario in data form: texts of the grammar of thresholds, and in code also functions. */
import type { Duration } from '@seakeep/core'
import type { RunEvent } from '../recording/run-document.ts'

export interface PropertiesData {
  /** What must hold in every step of the timeline after the warm-up, as `gateway.goodput ratio>=0.9 from 10s`. */
  readonly always?: readonly (string | StepProperty)[]
  /**
   * What must hold at last: in one step that begins `within` so long `after` an instant, or after the last fault (the
   * default; without faults after the warm-up), as `gateway.goodput ratio>=0.99 within 20s after 1m`.
   */
  readonly eventually?: readonly (string | LaterProperty)[]
  /**
   * What must happen at least once, so that nothing passes because nothing was tried: an event, as `circuitOpened` or
   * `circuitOpened payments`, or a condition on a step. Of several seeds one is enough.
   */
  readonly sometimes?: readonly (string | EventProperty)[]
}

/** A step of the timeline, as a property in code sees it. */
export interface StepView {
  readonly fromMs: number
  readonly untilMs: number
  /** What happened in it: transitions and faults, of the first 10,000 of the run. */
  readonly events: readonly RunEvent[]
  /** `gateway.goodput` or `gateway.offered` (a second) in this step; null where there was nothing to measure. */
  value(metric: string): number | null
}

export interface StepProperty {
  readonly name: string
  holds(step: StepView): boolean
}
export interface LaterProperty extends StepProperty {
  /** Default: to the end of the run. */
  readonly within?: Duration
  /** An instant of the run. Default the end of the last fault, or `'faults'`. */
  readonly after?: Duration | 'faults'
}
export interface EventProperty {
  readonly name: string
  holds(event: RunEvent): boolean
}
