import { firstFaultMs, MINIMUM_CALLS, speaksOfSteadyState } from '../checkers/steady-state.ts'
import { subjectKey, ThresholdWatch } from '../checkers/threshold-watch.ts'
import type { Recorder } from '../recording/recorder.ts'
import type { ThresholdReport } from '../recording/run-document.ts'
import type { ResolvedScenario } from '../scenario/resolved-scenario.ts'

/** The thresholds of a run: each through its own window, and once more before the first fault. */
export class WatchedThresholds {
  readonly #scenario: ResolvedScenario
  readonly #recorder: Recorder
  readonly #watches: ThresholdWatch[] = []
  readonly #before: ThresholdWatch[] = []

  constructor(scenario: ResolvedScenario, recorder: Recorder) {
    this.#scenario = scenario
    this.#recorder = recorder
    const { warmupMs, thresholds } = scenario
    const faultMs = firstFaultMs(scenario)
    for (const threshold of thresholds) {
      const fromMs = threshold.fromMs ?? warmupMs
      const window = { fromUs: fromMs * 1000, untilUs: (threshold.untilMs ?? Number.POSITIVE_INFINITY) * 1000 }
      this.#watches.push(this.#follow(new ThresholdWatch(threshold, window)))
      if (faultMs === undefined || !speaksOfSteadyState(threshold.name)) continue
      const steady = { fromUs: warmupMs * 1000, untilUs: faultMs * 1000 }
      this.#before.push(this.#follow(new ThresholdWatch(threshold, steady)))
    }
  }

  reports(): ThresholdReport[] {
    return this.#watches.map((watch) => watch.report(this.#scenario, this.#recorder))
  }

  /** Thresholds that failed before the first fault already: the experiment proves nothing. */
  invalid(): string[] {
    return this.#before
      .filter((watch) => watch.offered >= MINIMUM_CALLS)
      .filter((watch) => !watch.report(this.#scenario, this.#recorder).ok)
      .map(({ threshold }) => `${threshold.metric} ${threshold.expression}`)
  }

  #follow(watch: ThresholdWatch): ThresholdWatch {
    const key = subjectKey(watch.threshold)
    if (key !== undefined) this.#recorder.listen(key, watch)
    return watch
  }
}
