import { mix, SeededRandom, uniform } from '@seakeep/core/spi'
import { Purpose } from '../model/purpose.ts'
import type { RateCurve, RecordedCall } from '../scenario/resolved-arrivals.ts'
import type { ResolvedWorkload } from '../scenario/resolved-scenario.ts'
import { type Arrivals, PacedArrivals, RecordedArrivals, SteadyArrivals } from './arrivals.ts'
import { burstPieces, type Pace, type Piece, PiecewisePace, WavePace } from './pace.ts'

type Open = Pick<ResolvedWorkload, 'id' | 'fromMs' | 'arrivals'>

/** The arrivals of an open workload. */
export function createArrivals({ id, fromMs, arrivals }: Open, seed: number): Arrivals {
  const fromUs = fromMs * 1000
  const random = new SeededRandom(seed, `workload/${id}`)
  switch (arrivals.kind) {
    case 'constant':
      return new SteadyArrivals(fromUs, arrivals.ratePerSecond, undefined)
    case 'poisson':
      return new SteadyArrivals(fromUs, arrivals.ratePerSecond, random.stream('arrivals'))
    case 'paced':
      return new PacedArrivals(
        paceOf(arrivals.curve, fromUs, random),
        arrivals.isPoisson ? random.stream('arrivals') : undefined,
      )
    case 'recorded':
      return new RecordedArrivals(fromUs, arrivals.calls)
    case 'closed':
      throw new Error(`the workload ${id} is not open`)
  }
}

/** What comes in addition, from one instant on. */
export interface Extra {
  readonly fromUs: number
  readonly untilUs: number
  /** Of the workload's own calls: 2 for twice as many in addition. */
  readonly share: number
  /** Names its chance. */
  readonly coin: number
  /** Of a recording: which of the calls count. */
  counts(call: RecordedCall): boolean
}

/**
 * More calls, beside those that an open workload makes and of the same kind: independent ones stay independent, even ones
 * even, and bursts come when they come.
 */
export function extraArrivals({ id, fromMs, arrivals }: Open, seed: number, extra: Extra): Arrivals {
  const { share, coin } = extra
  const beginUs = fromMs * 1000
  const fromUs = Math.max(extra.fromUs, beginUs)
  const random = new SeededRandom(seed, `workload/${id}`)
  const gaps = new SeededRandom(seed, `workload/${id}/extra/${coin}`).stream('arrivals')
  switch (arrivals.kind) {
    case 'constant':
      return new SteadyArrivals(fromUs, arrivals.ratePerSecond * share, undefined)
    case 'poisson':
      return new SteadyArrivals(fromUs, arrivals.ratePerSecond * share, gaps)
    case 'paced':
      return new PacedArrivals(paceOf(arrivals.curve, beginUs, random), arrivals.isPoisson ? gaps : undefined, share)
    case 'recorded':
      return new RecordedArrivals(beginUs, copies(arrivals.calls, beginUs, extra))
    case 'closed':
      throw new Error(`the workload ${id} is not open`)
  }
}

/** Each recorded call of its time some times more, anywhere up to the one after it. */
function copies(calls: readonly RecordedCall[], beginUs: number, extra: Extra): readonly RecordedCall[] {
  const { share, coin, counts } = extra
  const [fromMs, untilMs] = [(extra.fromUs - beginUs) / 1000, (extra.untilUs - beginUs) / 1000]
  const more: RecordedCall[] = []
  calls.forEach((call, i) => {
    if (call.atMs < fromMs || call.atMs >= untilMs || !counts(call)) return
    const key = mix(coin, i)
    const number = Math.floor(share) + (uniform(mix(key, Purpose.fault), 0) < share % 1 ? 1 : 0)
    const gapMs = Math.min(calls[i + 1]?.atMs ?? call.atMs, untilMs) - call.atMs
    for (let n = 0; n < number; n++)
      more.push({ ...call, atMs: call.atMs + uniform(mix(key, n), Purpose.fault) * gapMs })
  })
  return more.sort((a, b) => a.atMs - b.atMs)
}

function paceOf(curve: RateCurve, fromUs: number, random: SeededRandom): Pace {
  switch (curve.shape) {
    case 'stages':
      return new PiecewisePace(fromUs, stagePieces(curve))
    case 'spike':
      return new PiecewisePace(fromUs, spikePieces(curve, fromUs))
    case 'bursts':
      return new PiecewisePace(fromUs, burstPieces(curve, random.stream('bursts')))
    case 'wave':
      return new WavePace(fromUs, curve)
  }
}

function stagePieces({ startRate, stages }: RateCurve & { readonly shape: 'stages' }): readonly Piece[] {
  return stages.map(({ rate, overMs }, i) => {
    const fromRate = i === 0 ? startRate : (stages[i - 1]?.rate ?? 0)
    return { lengthUs: overMs * 1000, fromRate, toRate: rate }
  })
}

function spikePieces(
  { rate, peak, atMs, forMs }: RateCurve & { readonly shape: 'spike' },
  fromUs: number,
): readonly Piece[] {
  const beginUs = Math.max(fromUs, atMs * 1000)
  const endUs = Math.max(beginUs, (atMs + forMs) * 1000)
  const flat = (lengthUs: number, level: number): Piece => ({ lengthUs, fromRate: level, toRate: level })
  return [flat(beginUs - fromUs, rate), flat(endUs - beginUs, peak), flat(Number.POSITIVE_INFINITY, rate)]
}
