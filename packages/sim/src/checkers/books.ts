import type { Recorder } from '../recording/recorder.ts'

/**
 * What holds in every run, whatever was simulated; the simulator checks it of itself. Where it does not hold, the figures
 * cannot be believed, so the run fails.
 */
export function checkBooks(recorder: Recorder, endUs: number, open: ReadonlyMap<string, OpenRequests>): void {
  for (const { instances } of recorder.services.values()) {
    for (const [instance, stats] of instances) {
      const { openSpentUs = 0, openMeasured = 0 } = open.get(instance) ?? {}
      // Little's law as its exact identity: the integral of the number present is the sum of the times spent.
      const present = stats.presentSinceStart.integral(endUs)
      const spent = stats.spentUs + openSpentUs
      if (present !== spent) throw new BookError(`${instance}: present ${present} µs, spent ${spent} µs`)
      const left = stats.completed + stats.errors + stats.refused + openMeasured
      if (stats.arrivals !== left) throw new BookError(`${instance}: ${stats.arrivals} arrived, ${left} accounted for`)
    }
  }
  for (const [name, { calls }] of recorder.edges) {
    if (calls.inFlight < 0) throw new BookError(`${name}: more calls ended than were offered`)
  }
}

/** Requests an instance still had when the run ended. */
export interface OpenRequests {
  readonly openSpentUs: number
  readonly openMeasured: number
}

/** A defect of the simulator itself. */
export class BookError extends Error {
  constructor(problem: string) {
    super(`the simulator's books do not balance (a defect of the simulator, please report it): ${problem}`)
    this.name = 'BookError'
  }
}
