/**
 * A policy document for a scenario's traffic, found by trying. It starts from our defaults and changes one thing at a
 * time, keeping what is better with the seeds it learns from (coordinate descent); times are multiples of what each
 * service takes on a calm day, since that is what a timeout has to tell from trouble. What it is worth is then said by
 * seeds it has never seen.
 */
import type { RunDocument } from '../../recording/run-document.ts'

export type PolicyData = Readonly<Record<string, unknown>>

/** What a document is made from; every choice is one of a few that mean something. */
export interface Choices {
  /** Of the slowest 1 % on a calm day; 0 for no timeout of an attempt. */
  readonly attemptFactor: number
  readonly maxAttempts: number
  readonly budgetRatio: number
  readonly breaker: 'off' | 'default' | 'quick'
  readonly outlier: 'off' | 'default' | 'quick'
  readonly balancing: string
  /** Share of the users' patience that a call at the edge may take. */
  readonly timeoutShare: number
  /** An adaptive limit at each server. */
  readonly admission: boolean
}

/** In the order they are tried: what matters most first. */
export const ALTERNATIVES: { readonly [Name in keyof Choices]: readonly Choices[Name][] } = {
  attemptFactor: [0, 1.5, 2.5, 4, 8],
  maxAttempts: [1, 2, 3, 4],
  balancing: ['p2c-ewma', 'least-request', 'p2c', 'round-robin'],
  outlier: ['off', 'default', 'quick'],
  breaker: ['off', 'default', 'quick'],
  timeoutShare: [1, 0.75, 0.5],
  budgetRatio: [0.1, 0.2, 0.4],
  admission: [false, true],
}

export const START: Choices = {
  attemptFactor: 0,
  maxAttempts: 3,
  budgetRatio: 0.2,
  breaker: 'default',
  outlier: 'default',
  balancing: 'p2c-ewma',
  timeoutShare: 1,
  admission: false,
}

export interface Traffic {
  /** The longest that users wait, in ms. */
  readonly patienceMs: number
  /** The slowest 1 % of each service on a calm day, in ms. */
  readonly calmMs: Readonly<Record<string, number>>
}

/** Our defaults, written out: every policy on, with nothing said about it. */
export function defaultPolicies(): PolicyData {
  return { version: 1, targets: { '*': { retry: true, circuitBreaker: true, outlier: true } } }
}

/** What is written in a hurry: three attempts and a timeout, without a budget or a breaker. */
export function naivePolicies({ patienceMs }: Traffic): PolicyData {
  const retry = {
    maxAttempts: 3,
    attemptTimeout: Math.round(patienceMs / 3),
    budget: false,
    backoff: { initial: '10ms' },
  }
  return { version: 1, targets: { '*': { timeout: Math.round(patienceMs), retry } } }
}

export function trafficOf(calm: RunDocument): Traffic {
  const deadlines = Object.values(calm.workload).flatMap(({ deadlineMs }) => deadlineMs ?? [])
  const calmMs = Object.entries(calm.services).flatMap(([name, { latencyMs }]) =>
    latencyMs.p99 === null ? [] : [[name, latencyMs.p99] as const],
  )
  const slowest = Math.max(0, ...Object.values(calm.workload).map(({ latencyMs }) => latencyMs.p99 ?? 0))
  return {
    patienceMs: deadlines.length > 0 ? Math.max(...deadlines) : Math.max(1000, 4 * slowest),
    calmMs: Object.fromEntries(calmMs),
  }
}

export function policiesFrom(choices: Choices, traffic: Traffic): PolicyData {
  const { attemptFactor, maxAttempts, budgetRatio, breaker, outlier, balancing, timeoutShare, admission } = choices
  const retry = maxAttempts === 1 ? false : { maxAttempts, budget: { ratio: budgetRatio } }
  const every = {
    timeout: nice(traffic.patienceMs * timeoutShare),
    retry,
    circuitBreaker: breaker === 'off' ? false : breaker === 'default' ? true : { window: '2s', openFor: '1s' },
    outlier:
      outlier === 'off'
        ? false
        : outlier === 'default'
          ? true
          : { consecutiveFailures: 3, interval: '1s', baseEjection: '5s' },
    loadBalancing: balancing,
  }
  const services = attemptFactor === 0 || maxAttempts === 1 ? [] : Object.entries(traffic.calmMs)
  const targets = services.map(([name, ms]) => [
    name,
    { retry: { attemptTimeout: nice(Math.max(5, ms * attemptFactor)) } },
  ])
  const inbound = Object.keys(traffic.calmMs).map((name) => [name, { concurrency: { algorithm: 'gradient' } }])
  return {
    version: 1,
    targets: { '*': every, ...Object.fromEntries(targets) },
    ...(admission && { inbound: Object.fromEntries(inbound) }),
  }
}

/** Two digits, in milliseconds. */
function nice(ms: number): string {
  return `${Number(ms.toPrecision(2))}ms`
}

/** How good a document is, the smaller the better, part by part: bounds and thresholds broken, loss, cost. */
export type Score = readonly number[]

/** Is `a` clearly better? Differences below what anybody would mind count as none. */
export function isClearlyBetter(a: Score, b: Score): boolean {
  for (let i = 0; i < a.length; i++) {
    const [one, other] = [a[i] as number, b[i] as number]
    if (one < other - 1e-4) return true
    if (one > other + 1e-4) return false
  }
  return false
}

export interface Tried {
  readonly choices: Choices
  readonly score: Score
}

/** Judges several at a time: with one seed, or with all that are learned from. */
export type Judge = (all: readonly Choices[], seeds: 'one' | 'all') => Promise<readonly Score[]>

/**
 * Changes one choice at a time until none is better, twice over all of them at most. What is not better with one seed
 * is not tried with the others.
 */
export async function descend(judge: Judge, isOver: () => boolean): Promise<Tried> {
  let choices = START
  let [quick = []] = await judge([START], 'one')
  let [score = []] = await judge([START], 'all')
  for (let round = 0; round < 2; round++) {
    const before = choices
    for (const name of Object.keys(ALTERNATIVES) as (keyof Choices)[]) {
      if (isOver()) return { choices, score }
      const others = ALTERNATIVES[name].filter((value) => value !== choices[name])
      const candidates = others.map((value): Choices => ({ ...choices, [name]: value }))
      const quicks = await judge(candidates, 'one')
      const promising = candidates.flatMap((candidate, i) => {
        const first = quicks[i] ?? []
        return isClearlyBetter(first, quick) ? [{ candidate, first }] : []
      })
      const scores = await judge(
        promising.map(({ candidate }) => candidate),
        'all',
      )
      for (const [i, { candidate, first }] of promising.entries()) {
        const whole = scores[i] ?? []
        if (!isClearlyBetter(whole, score)) continue
        choices = candidate
        quick = first
        score = whole
      }
    }
    if (choices === before) break
  }
  return { choices, score }
}
