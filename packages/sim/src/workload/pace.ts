/**
 * How many calls are due by when, where the rate changes: the integral of the rate, asked backwards. Even arrivals come
 * when a whole number of calls is due, independent ones when a unit-rate Poisson process has gone as far; so both follow
 * any rate exactly, without a draw that is thrown away.
 */
import type { RandomStream } from '@seakeep/core'

export interface Pace {
  /**
   * The last instant, in µs of virtual time, at which no more than `total` calls are due; `Infinity` where that is never
   * exceeded. Asked with totals that only grow.
   */
  whenDue(total: number): number
}

/** A stretch in which the rate, in calls a second, goes in a straight line. */
export interface Piece {
  readonly lengthUs: number
  readonly fromRate: number
  readonly toRate: number
}

export class PiecewisePace implements Pace {
  readonly #pieces: Iterator<Piece>
  #piece: Piece | undefined
  #pieceUs: number
  /** Due before the present piece. */
  #dueBefore = 0

  constructor(fromUs: number, pieces: Iterable<Piece>) {
    this.#pieces = pieces[Symbol.iterator]()
    this.#pieceUs = fromUs
    this.#piece = this.#next()
  }

  whenDue(total: number): number {
    for (let piece = this.#piece; piece !== undefined; piece = this.#piece) {
      const due = this.#dueBefore + dueIn(piece)
      if (total < due) return this.#pieceUs + 1e6 * secondsUntil(total - this.#dueBefore, piece)
      this.#dueBefore = due
      this.#pieceUs += piece.lengthUs
      this.#piece = this.#next()
    }
    return Number.POSITIVE_INFINITY
  }

  #next(): Piece | undefined {
    const { done, value } = this.#pieces.next()
    return done === true ? undefined : value
  }
}

function dueIn({ lengthUs, fromRate, toRate }: Piece): number {
  if (fromRate === 0 && toRate === 0) return 0
  return ((fromRate + toRate) / 2) * (lengthUs / 1e6)
}

/** When `amount` calls are due: the smaller root of `fromRate·x + slope·x²/2 = amount`, in the form that cancels nothing. */
function secondsUntil(amount: number, { lengthUs, fromRate, toRate }: Piece): number {
  if (amount === 0) return 0
  if (fromRate === toRate) return amount / fromRate
  const slope = (toRate - fromRate) / (lengthUs / 1e6)
  return (2 * amount) / (fromRate + Math.sqrt(Math.max(0, fromRate * fromRate + 2 * slope * amount)))
}

/** A rate that jumps between two at random: exponential stretches, drawn one after the other. Never ends. */
export function* burstPieces(
  curve: { readonly rate: number; readonly burstRate: number; readonly meanOnMs: number; readonly meanOffMs: number },
  stream: RandomStream,
): Generator<Piece> {
  const { rate, burstRate, meanOnMs, meanOffMs } = curve
  // It has been going on for ever: the mean rate holds from the first instant.
  let isOn = stream.next() < meanOnMs / (meanOnMs + meanOffMs)
  for (;;) {
    const lengthUs = -Math.log(1 - stream.next()) * (isOn ? meanOnMs : meanOffMs) * 1000
    const now = isOn ? burstRate : rate
    yield { lengthUs, fromRate: now, toRate: now }
    isOn = !isOn
  }
}

/** A rate that goes as a sine. */
export class WavePace implements Pace {
  readonly #fromUs: number
  readonly #mean: number
  readonly #amplitude: number
  /** Radians a second. */
  readonly #speed: number
  /** Of the wave at `fromUs`, against its peak. */
  readonly #phase: number

  constructor(
    fromUs: number,
    curve: { readonly mean: number; readonly amplitude: number; readonly periodMs: number; readonly peakMs: number },
  ) {
    this.#fromUs = fromUs
    this.#mean = curve.mean
    this.#amplitude = curve.amplitude
    this.#speed = (2 * Math.PI) / (curve.periodMs / 1000)
    this.#phase = this.#speed * (fromUs / 1e6 - curve.peakMs / 1000)
  }

  whenDue(total: number): number {
    const swing = (2 * this.#amplitude) / this.#speed
    let low = Math.max(0, (total - swing) / this.#mean)
    let high = (total + swing) / this.#mean
    let at = total / this.#mean
    // Newton's steps, and where one would leave the bounds a halving: to a thousandth of a microsecond.
    for (let i = 0; i < 100 && high - low > 1e-9; i++) {
      const over = this.#due(at) - total
      if (over > 0) high = at
      else low = at
      const next = at - over / this.#rate(at)
      const kept = next > low && next < high ? next : (low + high) / 2
      if (Math.abs(kept - at) < 1e-9) break
      at = kept
    }
    return this.#fromUs + at * 1e6
  }

  #rate(seconds: number): number {
    return this.#mean + this.#amplitude * Math.cos(this.#phase + this.#speed * seconds)
  }

  #due(seconds: number): number {
    const { sin } = Math
    const swung = sin(this.#phase + this.#speed * seconds) - sin(this.#phase)
    return this.#mean * seconds + (this.#amplitude / this.#speed) * swung
  }
}
