/** What a row must not lie above; the bench exits 1 when it does. */
export interface Limits {
  readonly ratio?: number
  readonly perCallNs?: number
  readonly bytes?: number
}

/** One line of the bench, as printed and as written to a file. */
export interface Row {
  readonly suite: string
  readonly name: string
  /** Multiple of the suite's first contender in the same run. */
  readonly ratio: number
  /** Half the width of the 95 % interval of `ratio`, a median over rounds. */
  readonly noise: number
  readonly perCallNs: number
  /** Allocated on the heap by one call. */
  readonly bytes: number
  readonly atMost?: Limits
  /** The 95 % interval of `ratio`, where it is judged by that. */
  readonly interval?: readonly [low: number, high: number]
  /** What the interval must reach. There `ratio` is calls for the same CPU time, and more is better. */
  readonly atLeast?: number
  readonly ok: boolean
}

export interface Suite {
  readonly name: string
  readonly run: (rounds: number) => Promise<Row[]>
}

export type Measured = Omit<Row, 'suite' | 'ok' | 'atMost'>

/** What was measured, rounded to what is printed, and judged. */
export function rowOf(suite: string, measured: Measured, atMost?: Limits): Row {
  const row = {
    suite,
    name: measured.name,
    ratio: rounded(measured.ratio, 2),
    noise: rounded(measured.noise, 3),
    perCallNs: rounded(measured.perCallNs, 1),
    bytes: rounded(measured.bytes, 0),
  }
  const most = { ratio: Number.POSITIVE_INFINITY, perCallNs: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY }
  const { ratio, perCallNs, bytes } = { ...most, ...atMost }
  const ok = row.ratio <= ratio && row.perCallNs <= perCallNs && row.bytes <= bytes
  return { ...row, ...(atMost === undefined ? {} : { atMost }), ok }
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
