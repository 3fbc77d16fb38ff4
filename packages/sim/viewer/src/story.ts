/**
 * What happened, in a few sentences, each with the instant it is about. Only what the document says: a fault and what came
 * after it stand beside each other, and no sentence claims that the one led to the other.
 */
import { clock, count, factor, lengthOfTime, percent } from '../../src/reporting/figures.ts'
import { detailOf, type RunDocument } from './detail.ts'
import { lanesOf } from './lanes.ts'
import { ended, goodputOf, highest, lowest, ratio, stepAt, sum } from './series.ts'

export interface Sentence {
  readonly atMs: number
  readonly text: string
  readonly tone: 'plain' | 'bad' | 'good'
}

export function storyOf(run: RunDocument): Sentence[] {
  return [...faultSentences(run), ...goodputSentences(run), ...amplificationSentences(run), ...laneSentences(run)]
    .sort((a, b) => a.atMs - b.atMs)
    .slice(0, 9)
}

function faultSentences(run: RunDocument): Sentence[] {
  const { faults } = detailOf(run)
  const shown = faults.slice(0, 5).map(({ label, atMs, untilMs }): Sentence => {
    const until = untilMs === null ? 'to the end' : `for ${lengthOfTime(untilMs - atMs)}`
    return { atMs, text: `Fault: ${label}, ${until}.`, tone: 'plain' }
  })
  const more = faults[5]
  return more === undefined
    ? shown
    : [...shown, { atMs: more.atMs, text: `And ${faults.length - 5} further faults.`, tone: 'plain' }]
}

/** Steps with fewer calls than this say too little. */
const ENOUGH = 5

function goodputSentences(run: RunDocument): Sentence[] {
  const { workload, stepMs, faults, warmupMs } = detailOf(run)
  return Object.entries(workload)
    .slice(0, 2)
    .flatMap(([id, one]): Sentence[] => {
      const goodput = goodputOf(one, ENOUGH)
      const first = stepAt(warmupMs, stepMs, goodput.length)
      const worst = lowest(goodput, first)
      if (worst === undefined) return []
      const faultAt = Math.min(...faults.map(({ atMs }) => atMs))
      const before = Number.isFinite(faultAt) ? stepAt(faultAt, stepMs, goodput.length) : goodput.length
      const usual = sum(one.good, first, before) / Math.max(1, sum(ended(one), first, before))
      const at = worst.step * stepMs
      if (worst.value >= 0.995)
        return [{ atMs: at, text: `${id}: never below ${percent(worst.value)} goodput.`, tone: 'good' }]
      const from = before > first && before < goodput.length ? `, from ${percent(usual)} before the first fault` : ''
      const sentence: Sentence = {
        atMs: at,
        text: `${id}: goodput fell to ${percent(worst.value)} at ${clock(at)}${from}.`,
        tone: worst.value < 0.9 ? 'bad' : 'plain',
      }
      return [sentence, ...recovery(id, goodput, worst.step, usual, stepMs)]
    })
}

/** Back for good: from here on no step is clearly worse than what was usual. */
function recovery(
  id: string,
  goodput: readonly (number | null)[],
  from: number,
  usual: number,
  stepMs: number,
): Sentence[] {
  const enough = usual * 0.98
  const last = goodput.findLastIndex((value) => value !== null && value < enough)
  const end = goodput.findLastIndex((value) => value !== null)
  if (last < from || usual === 0) return []
  if (last >= end - 1)
    return [{ atMs: last * stepMs, text: `${id}: goodput had not come back when the run ended.`, tone: 'bad' }]
  const atMs = (last + 1) * stepMs
  return [{ atMs, text: `${id}: goodput back above ${percent(enough)} from ${clock(atMs)} on.`, tone: 'good' }]
}

function amplificationSentences(run: RunDocument): Sentence[] {
  const { edges, stepMs } = detailOf(run)
  const peaks = Object.entries(edges).flatMap(([name, { calls, attempts }]) => {
    const peak = attempts === undefined ? undefined : highest(ratio(attempts, calls, ENOUGH))
    return peak === undefined ? [] : [{ name, ...peak }]
  })
  const worst = peaks.sort((a, b) => b.value - a.value)[0]
  if (worst === undefined || worst.value < 1.15) return []
  const atMs = worst.step * stepMs
  const whole = run.edges[worst.name]?.amplification
  const text = `${worst.name}: ${factor(worst.value)} attempts a call at ${clock(atMs)} (${factor(whole)} over the run).`
  return [{ atMs, text, tone: worst.value >= 1.5 ? 'bad' : 'plain' }]
}

const NOUNS = {
  breaker: ['circuit breaker opened', 'circuit breakers opened'],
  ejection: ['endpoint ejected by a caller', 'ejections of endpoints by callers'],
  shedding: ['instance shed load', 'instances shed load'],
  panic: ['caller balanced in panic', 'callers balanced in panic'],
} as const

function laneSentences(run: RunDocument): Sentence[] {
  const lanes = lanesOf(run.events$, run.virtualMs)
  return Object.entries(NOUNS).flatMap(([kind, [one, many]]): Sentence[] => {
    const found = lanes.filter((lane) => lane.kind === kind)
    const firsts = found.map(({ name, stretches }) => ({ name, atMs: stretches[0]?.fromMs ?? 0 }))
    const first = firsts.sort((a, b) => a.atMs - b.atMs)[0]
    if (first === undefined) return []
    const text =
      found.length === 1 ? `1 ${one}: ${first.name}.` : `${count(found.length)} ${many}, first ${first.name}.`
    return [{ atMs: first.atMs, text, tone: 'plain' }]
  })
}

/** Where two runs part: the last instant up to which they did the very same; undefined where they never part. */
export function partingMs(a: RunDocument, b: RunDocument): number | undefined {
  if (a.traceHash === b.traceHash) return undefined
  const at = a.traceHashes.findIndex(({ hash }, i) => b.traceHashes[i]?.hash !== hash)
  return at <= 0 ? 0 : (a.traceHashes[at - 1]?.atMs ?? 0)
}
