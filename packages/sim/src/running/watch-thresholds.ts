import { firstFaultMs, MINIMUM_CALLS, speaksOfSteadyState } from '../checkers/steady-state.ts'
import { subjectKey, ThresholdWatch } from '../checkers/threshold-watch.ts'
import type { Recorder } from '../recording/recorder.ts'
import type { ThresholdReport } from '../recording/run-document.ts'
import type { ResolvedScenario } from '../scenario/resolved-scenario.ts'
import { withinMs } from './judged-by.ts'

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
    const warmupUs = warmupMs * 1000
    const faultUs = (firstFaultMs(scenario) ?? Number.NaN) * 1000
    for (const threshold of thresholds) {
      const { fromMs = 0, untilMs = Number.POSITIVE_INFINITY } = threshold
      const withinUs = withinMs(threshold, scenario) * 1000
      // What was offered before the warm-up's end is not measured, whatever the window.
      const window = { fromUs: Math.max(fromMs * 1000, warmupUs), untilUs: untilMs * 1000 }
      const watching = { ...window, seenUntilUs: Number.POSITIVE_INFINITY, withinUs }
      this.#watches.push(this.#follow(new ThresholdWatch(threshold, watching)))
      if (Number.isNaN(faultUs) || !speaksOfSteadyState(threshold.name)) continue
      // What the fault does to calls that were under way is not held against the time before it.
      const steady = { fromUs: warmupUs, untilUs: faultUs, seenUntilUs: faultUs, withinUs }
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
