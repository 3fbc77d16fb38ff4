// What is compared, and when the two sides agree.
import { DEADLINE_MS, type Plan, type Protocol } from './plan.ts'
import type { Sample } from './real-run.ts'

export interface Figures {
  /** Answered in time over all that were due. */
  readonly goodput: number
  /** Of the calls that were answered. */
  readonly p50Ms: number
  readonly p99Ms: number
  /** Attempts a call. */
  readonly amplification: number
}
export type Figure = keyof Figures

/** A row of `--json`. Each side has its median run, and its least and most. */
export interface RealityRow {
  readonly protocol: Protocol
  readonly figure: Figure
  readonly real: number
  readonly realLeast: number
  readonly realMost: number
  readonly twin: number
  readonly twinLeast: number
  readonly twinMost: number
  /** How far the twin may be from what is real. */
  readonly allowed: string
  readonly ok: boolean
}

interface Bound {
  readonly allowed: string
  isNear(row: Omit<RealityRow, 'allowed' | 'ok'>): boolean
}

export const BOUNDS: Readonly<Record<Figure, Bound>> = {
  goodput: { allowed: '1 point', isNear: ({ real, twin }) => Math.abs(twin - real) <= 0.01 },
  p50Ms: { allowed: '10 %', isNear: ({ real, twin }) => Math.abs(twin - real) <= 0.1 * real },
  p99Ms: { allowed: 'spread', isNear: ({ realLeast, realMost, twin }) => realLeast <= twin && twin <= realMost },
  amplification: { allowed: '0.02', isNear: ({ real, twin }) => Math.abs(twin - real) <= 0.02 },
}

export function figuresOf({ warmupMs }: Plan, protocol: Protocol, samples: readonly Sample[]): Figures {
  const calls = samples.filter((one) => one.protocol === protocol && one.dueMs >= warmupMs)
  const sent = calls.filter(({ attempts }) => attempts > 0)
  const tookMs = calls
    .filter(({ isAnswered }) => isAnswered)
    .map((one) => one.tookMs)
    .sort((a, b) => a - b)
  return {
    goodput: calls.filter((one) => one.isAnswered && one.tookMs <= DEADLINE_MS).length / calls.length,
    p50Ms: quantile(tookMs, 0.5),
    p99Ms: quantile(tookMs, 0.99),
    amplification: sent.reduce((sum, { attempts }) => sum + attempts, 0) / sent.length,
  }
}

/** The least that `q` of them do not exceed; `sorted` ascends. */
export function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN
}

export function judge(
  protocol: Protocol,
  figure: Figure,
  reals: readonly Figures[],
  twins: readonly Figures[],
): RealityRow {
  const spread = (runs: readonly Figures[]): readonly number[] => runs.map((run) => run[figure]).sort((a, b) => a - b)
  const [real, twin] = [spread(reals), spread(twins)]
  const row = {
    ...{ protocol, figure },
    ...{ real: quantile(real, 0.5), realLeast: real[0]!, realMost: real.at(-1)! },
    ...{ twin: quantile(twin, 0.5), twinLeast: twin[0]!, twinMost: twin.at(-1)! },
  }
  return { ...row, allowed: BOUNDS[figure].allowed, ok: BOUNDS[figure].isNear(row) }
}
