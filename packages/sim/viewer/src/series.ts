/** Arithmetic on series: a value a step, null where there is none. */
import type { Series, WorkloadDetail } from './detail.ts'

/** Which steps a stretch of time covers, at least one. */
export function stepsBetween(fromMs: number, toMs: number, stepMs: number, steps: number): readonly [number, number] {
  const first = Math.min(Math.max(0, Math.floor(fromMs / stepMs)), Math.max(0, steps - 1))
  const last = Math.min(Math.max(first + 1, Math.ceil(toMs / stepMs)), Math.max(first + 1, steps))
  return [first, last]
}

export function stepAt(ms: number, stepMs: number, steps: number): number {
  return Math.min(Math.max(0, Math.floor(ms / stepMs)), Math.max(0, steps - 1))
}

/** The instants of steps, in seconds: their middles. */
export function instantsOf(steps: number, stepMs: number): number[] {
  return Array.from({ length: steps }, (_, step) => ((step + 0.5) * stepMs) / 1000)
}

/** a / b, null where there is too little to divide by. */
export function ratio(a: Series, b: Series, atLeast = 1): (number | null)[] {
  return b.map((value, step) => (value === null || value < atLeast ? null : (a[step] ?? 0) / value))
}

/** Calls of each step of which it is known how they ended. */
export function ended({ good, endings }: Pick<WorkloadDetail, 'good' | 'endings'>): number[] {
  return added([good, ...Object.values(endings)])
}

/** Good over ended: what is still open has not failed. */
export function goodputOf(workload: WorkloadDetail, atLeast = 1): (number | null)[] {
  const known = ended(workload)
  // A document without detail says only what was offered.
  return ratio(workload.good, Object.keys(workload.endings).length === 0 ? workload.offered : known, atLeast)
}

/** Good calls, but not of the last steps, of which some are still open: they would look like a fall. */
export function knownGood(workload: WorkloadDetail): (number | null)[] {
  const known = ended(workload)
  const isOpen = (step: number): boolean => (workload.offered[step] ?? 0) > (known[step] ?? 0)
  let last = known.length
  while (last > 0 && isOpen(last - 1)) last -= 1
  const few = known.length * 0.05
  return workload.good.map((value, step) => (step >= last && known.length - last <= few ? null : value))
}

/** Amounts a step as amounts a second. */
export function perSecond(values: Series, stepMs: number): (number | null)[] {
  return values.map((value) => (value === null ? null : (value * 1000) / stepMs))
}

export function sum(values: Series, from = 0, until: number = values.length): number {
  let all = 0
  for (let step = from; step < Math.min(until, values.length); step++) all += values[step] ?? 0
  return all
}

/** Step by step over several series. */
export function added(all: readonly Series[]): number[] {
  const steps = Math.max(0, ...all.map((one) => one.length))
  return Array.from({ length: steps }, (_, step) => all.reduce((total, one) => total + (one[step] ?? 0), 0))
}

export function lowest(values: Series, from = 0, until: number = values.length): Extreme | undefined {
  return extreme(values, from, until, (a, b) => a < b)
}

export function highest(values: Series, from = 0, until: number = values.length): Extreme | undefined {
  return extreme(values, from, until, (a, b) => a > b)
}

export interface Extreme {
  readonly step: number
  readonly value: number
}

function extreme(
  values: Series,
  from: number,
  until: number,
  beats: (a: number, b: number) => boolean,
): Extreme | undefined {
  let found: Extreme | undefined
  for (let step = from; step < Math.min(until, values.length); step++) {
    const value = values[step]
    if (value === null || value === undefined) continue
    if (found === undefined || beats(value, found.value)) found = { step, value }
  }
  return found
}

/** Values of other steps on these, each as it stood at their middle: a run without detail has wider ones. */
export function onSteps(values: Series, fromMs: number, toMs: number, steps: number): Series {
  if (fromMs === toMs) return values
  return Array.from({ length: steps }, (_, step) => values[Math.floor(((step + 0.5) * toMs) / fromMs)] ?? null)
}

/** The values below which a share lies, step by step over several series: a ribbon. */
export function ribbon(all: readonly Series[], shares: readonly number[]): (number | null)[][] {
  const steps = Math.max(0, ...all.map((one) => one.length))
  const bands: (number | null)[][] = shares.map(() => [])
  for (let step = 0; step < steps; step++) {
    const known = all.map((one) => one[step]).filter((value) => value !== null && value !== undefined)
    known.sort((a, b) => a - b)
    shares.forEach((share, i) => {
      bands[i]?.push(known.length === 0 ? null : (known[Math.round(share * (known.length - 1))] ?? null))
    })
  }
  return bands
}
