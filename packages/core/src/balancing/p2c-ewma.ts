import type { Random } from '../random/random.ts'
import type { Balancer, Load, Pickable, Picker } from './balancer.ts'
import { holdFailure, unfailed } from './failure-tier.ts'
import { share } from './rank.ts'
import { TwoChoices } from './two-choices.ts'

/** After this long a sample weighs 1/e, and an idle endpoint's cost has fallen to 1/e. Finagle's and Linkerd's value. */
const DECAY_MS = 10_000
/** The least a latency counts, so that attempts in flight still tell endpoints apart whose answers take no time. */
const LEAST_MS = 0.001
/** Beyond any latency: what an endpoint that has not answered yet counts while it is being tried. */
const UNPROVEN = 1e15

/**
 * Power of two choices on expected latency: Finagle's peak EWMA (finagle-core, PeakEwma.scala), with Linkerd's care for
 * fast failures (linkerd2-proxy, load-biaser), here as a tier instead of a made-up latency sample.
 *
 * - The cost follows latency up at once and down slowly. The load is cost × (in flight + 1) / weight.
 * - The cost of an endpoint that gets no traffic decays as it is read, so a slow one is asked again some day.
 * - An endpoint without a history is tried, one attempt at a time, until it has answered.
 * - One whose latest answer was a failure, less than 5 s (or the server's Retry-After) ago, loses against one where it
 *   was not, whatever their latencies: errors are often fast, and would attract the traffic they then fail.
 */
export class P2cEwma implements Balancer {
  readonly algorithm = 'p2c-ewma'
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
  }

  picker<Row extends Pickable>(rows: readonly Row[]): Picker<Row> {
    return new TwoChoices(rows, this.#random, lessLoad)
  }

  onSend(load: Load): void {
    load.inFlight++
  }

  onAnswer(load: Load, latencyMs: number, nowMs: number): void {
    if (latencyMs > load.costMs) load.costMs = latencyMs
    else {
      const kept = Math.exp((load.costAtMs - nowMs) / DECAY_MS)
      load.costMs = load.costMs * kept + latencyMs * (1 - kept)
    }
    load.costAtMs = nowMs
    load.failedUntilMs = 0
  }

  onEnd(load: Load, isFailure: boolean, retryAfterMs: number | undefined, nowMs: number): void {
    load.inFlight--
    if (isFailure) holdFailure(load, retryAfterMs, nowMs)
  }
}

function lessLoad(first: Pickable, second: Pickable, { nowMs }: { readonly nowMs: number }): Pickable {
  const better = unfailed(first, second, nowMs)
  if (better !== undefined) return better
  return loadOf(second, nowMs) < loadOf(first, nowMs) ? second : first
}

function loadOf(row: Pickable, nowMs: number): number {
  const { inFlight, costMs, costAtMs } = row.load
  if (costMs < 0) return inFlight === 0 ? 0 : (UNPROVEN * inFlight) / share(row)
  const cost = Math.max(costMs * Math.exp((costAtMs - nowMs) / DECAY_MS), LEAST_MS)
  return (cost * (inFlight + 1)) / share(row)
}
