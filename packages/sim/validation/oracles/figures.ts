// What oracles read from a run, and the lengths they give it.
import type { RunDocument, ServiceReport } from '../../src/recording/run-document.ts'
import type { ScenarioData } from '../../src/scenario/scenario-data.ts'

/** In whole seconds. */
export function seconds(length: number): `${number}s` {
  return `${Math.max(1, Math.round(length))}s`
}

/** A run long enough for so many arrivals, of which the first share is not measured. */
export function lasting(arrivals: number, rate: number, warmup = 0.15): Pick<ScenarioData, 'duration' | 'warmup'> {
  const length = Math.max(1, Math.round(arrivals / rate))
  return { duration: `${length}s`, warmup: `${Math.round(length * warmup)}s` }
}

/** The workload called `server`: the one that calls the service of this name. */
export const meanSeconds = (run: RunDocument): number => (run.workload.server?.latencyMs.mean ?? Number.NaN) / 1000
export const p50Seconds = (run: RunDocument): number => (run.workload.server?.latencyMs.p50 ?? Number.NaN) / 1000
export const p99Seconds = (run: RunDocument): number => (run.workload.server?.latencyMs.p99 ?? Number.NaN) / 1000

export const goodput = (run: RunDocument, workload = 'server'): number => run.workload[workload]?.goodput ?? Number.NaN

export function serverOf(run: RunDocument, service = 'server'): ServiceReport['server'] {
  const report = run.services[service]
  if (report === undefined) throw new Error(`no service ${service} was simulated`)
  return report.server
}

/** What the run's threshold on `metric` has measured. */
export function thresholdValue(run: RunDocument, metric: string, index = 0): number | null {
  return run.thresholds.filter((threshold) => threshold.metric === metric)[index]?.value ?? null
}

/** Where a falling function crosses `level`. */
export function crossing(survival: (t: number) => number, level: number, upTo: number): number {
  let [low, high] = [0, upTo]
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2
    if (survival(middle) > level) low = middle
    else high = middle
  }
  return low
}

/** P(sum of k exponential lengths of mean 1 > t). */
export function erlangTail(k: number, t: number): number {
  let term = Math.exp(-t)
  let sum = 0
  for (let i = 0; i < k; i++) {
    sum += term
    term *= t / (i + 1)
  }
  return sum
}
