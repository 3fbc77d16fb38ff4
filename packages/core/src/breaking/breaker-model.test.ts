import { expect, test } from 'vitest'
import type { Verdict } from '../call/classification.ts'
import { Sfc32 } from '../random/sfc32.ts'
import type { ResolvedCircuitBreakerOptions } from './breaker-options.ts'
import { BreakerState, type Transition } from './breaker-state.ts'
import { type CircuitState, REFUSED } from './circuit-breaker.ts'

/**
 * The machine against a model of it that keeps everything and computes everything anew: every call ever made in a list,
 * every admission an object that knows the life of the circuit it was made in.
 */
const LEGAL: Record<CircuitState, readonly CircuitState[]> = {
  closed: ['open', 'isolated'],
  open: ['half-open', 'isolated'],
  'half-open': ['open', 'closed', 'isolated'],
  isolated: ['closed'],
}

interface Admission {
  readonly life: number
  readonly isProbe: boolean
  readonly deadlineMs: number
  readonly epoch: number
}

class Model {
  state: CircuitState = 'closed'
  life = 0
  reopensAtMs = Number.POSITIVE_INFINITY
  openings = 0
  out: Admission[] = []
  ended: { life: number; atMs: number; bucket: number; isFailure: boolean; isSlow: boolean }[] = []
  readonly options: ResolvedCircuitBreakerOptions

  constructor(options: ResolvedCircuitBreakerOptions) {
    this.options = options
  }

  get probesOut(): Admission[] {
    return this.out.filter((admission) => admission.isProbe && admission.life === this.life)
  }

  get isAdmitting(): boolean {
    if (this.state === 'half-open') return this.probesOut.length < this.options.halfOpenProbes
    return this.state === 'closed'
  }

  leave(admission: Admission, verdict: Verdict, durationMs: number, nowMs: number): CircuitState | undefined {
    this.out.splice(this.out.indexOf(admission), 1)
    if (admission.life !== this.life || verdict === 'ignored') return undefined
    const { minimumCalls, failureRatio, halfOpenProbes, windowMs, windowCalls, slowCall } = this.options
    const bucket = Math.floor(nowMs / (windowMs / 10))
    const isSlow = slowCall !== undefined && durationMs > slowCall.overMs
    this.ended.push({ life: this.life, atMs: nowMs, bucket, isFailure: verdict === 'failure', isSlow })
    const mine = this.ended.filter((call) => call.life === this.life)
    if (this.state === 'half-open') {
      if (verdict === 'failure') return 'open'
      if (mine.length < halfOpenProbes) return undefined
      const slow = mine.filter((call) => call.isSlow).length
      return slowCall !== undefined && slow > 0 && slow / mine.length >= slowCall.ratio ? 'open' : 'closed'
    }
    if (this.#isTooLongARow(mine)) return 'open'
    const inside =
      windowCalls === undefined
        ? mine.filter((call) => call.bucket > bucket - 10)
        : mine.slice(-windowCalls).filter((call) => nowMs - call.atMs < windowMs)
    if (inside.length < minimumCalls) return undefined
    const failures = inside.filter((call) => call.isFailure).length
    const slow = inside.filter((call) => call.isSlow).length
    if (failureRatio !== undefined && failures > 0 && failures / inside.length >= failureRatio) return 'open'
    return slowCall !== undefined && slow > 0 && slow / inside.length >= slowCall.ratio ? 'open' : undefined
  }

  #isTooLongARow(mine: readonly { readonly isFailure: boolean }[]): boolean {
    const { consecutiveFailures } = this.options
    if (consecutiveFailures === undefined || mine.length < consecutiveFailures) return false
    return mine.slice(-consecutiveFailures).every((call) => call.isFailure)
  }

  tick(nowMs: number): CircuitState | undefined {
    if (this.state === 'open') return nowMs >= this.reopensAtMs ? 'half-open' : undefined
    return this.probesOut.some((probe) => nowMs >= probe.deadlineMs) ? 'open' : undefined
  }

  go(to: CircuitState, nowMs: number, u: number): void {
    const { openForMs, maxOpenForMs, jitter } = this.options
    this.life++
    this.state = to
    if (to === 'closed') this.openings = 0
    if (to !== 'open') return
    this.reopensAtMs = nowMs + Math.min(openForMs * 2 ** this.openings, maxOpenForMs) * (1 + jitter * (2 * u - 1))
    this.openings++
  }
}

const VERDICTS: readonly Verdict[] = ['success', 'success', 'failure', 'failure', 'ignored']

/** One `expect` costs more than a hundred steps. */
function agree(mine: unknown, theirs: unknown, what: string): void {
  if (mine !== theirs) expect({ what, value: mine }).toEqual({ what, value: theirs })
}

function run(seed: number, steps: number): Set<string> {
  const random = new Sfc32(seed, 20)
  const below = (n: number): number => Math.floor(random.next() * n)
  const options: ResolvedCircuitBreakerOptions = {
    failureRatio: [0.2, 0.5, 0.55, 1, undefined][below(5)],
    consecutiveFailures: [undefined, undefined, 1, 5][below(4)],
    windowMs: [10, 1_000, 10_000][below(3)] as number,
    windowCalls: [undefined, 12, 20][below(3)],
    minimumCalls: 1 + below(12),
    openForMs: 1 + below(3_000),
    maxOpenForMs: 3_000 + below(20_000),
    jitter: [0, 0.2, 1][below(3)] as number,
    halfOpenProbes: 1 + below(4),
    probeTimeoutMs: 1 + below(2_000),
    rampForMs: 0,
    per: 'both',
    slowCall: random.next() < 0.5 ? undefined : { overMs: 500, ratio: 0.8 },
  }
  const machine = new BreakerState(options)
  const model = new Model(options)
  const seen = new Set<string>()
  let nowMs = 0

  const carryOut = (mine: Transition | undefined, theirs: CircuitState | undefined): void => {
    agree(mine?.to, theirs, `transition, seed ${seed}`)
    if (mine === undefined) return
    seen.add(`${machine.state} → ${mine.to}`)
    const u = random.next()
    machine.go(mine, nowMs, u)
    model.go(mine.to, nowMs, u)
  }

  for (let i = 0; i < steps; i++) {
    const what = random.next()
    if (what < 0.45) {
      const admits = model.isAdmitting
      const epoch = machine.enter(nowMs)
      agree(epoch !== REFUSED, admits, `admission, seed ${seed}`)
      const isProbe = model.state === 'half-open'
      const deadlineMs = nowMs + options.probeTimeoutMs
      if (admits) model.out.push({ life: model.life, isProbe, deadlineMs, epoch })
    } else if (what < 0.85 && model.out.length > 0) {
      const admission = model.out[below(model.out.length)] as Admission
      const verdict = VERDICTS[below(VERDICTS.length)] as Verdict
      const durationMs = random.next() * 1_000
      carryOut(
        machine.leave(admission.epoch, verdict, nowMs - durationMs, nowMs),
        model.leave(admission, verdict, durationMs, nowMs),
      )
    } else if (what < 0.995) {
      nowMs += random.next() ** 4 * 5_000
      carryOut(machine.tick(nowMs), model.tick(nowMs))
    } else if (model.state === 'isolated') carryOut(machine.release(), 'closed')
    else carryOut(machine.isolate(), 'isolated')
    agree(machine.state, model.state, `state, seed ${seed}`)
    agree(machine.isAdmitting, model.isAdmitting, `isAdmitting, seed ${seed}`)
  }
  return seen
}

test('does as the model does, over 200 seeds, and takes every legal step and no other', () => {
  const seen = new Set<string>()
  for (let seed = 1; seed <= 200; seed++) for (const step of run(seed, 400)) seen.add(step)
  const legal = Object.entries(LEGAL).flatMap(([from, tos]) => tos.map((to) => `${from} → ${to}`))
  expect([...seen].sort()).toEqual(legal.sort())
})

/** The orders in which `calls` calls can begin and end: each entry begins the next call (-1) or ends that one. */
function interleavings(calls: number, begun = 0, open: readonly number[] = []): number[][] {
  if (begun === calls && open.length === 0) return [[]]
  const rests = begun === calls ? [] : interleavings(calls, begun + 1, [...open, begun]).map((rest) => [-1, ...rest])
  for (const call of open) {
    const still = open.filter((one) => one !== call)
    rests.push(...interleavings(calls, begun, still).map((rest) => [call, ...rest]))
  }
  return rests
}

test('does as the model does in every interleaving of four calls with every verdict and time passing anywhere', () => {
  const base: ResolvedCircuitBreakerOptions = {
    failureRatio: 0.5,
    consecutiveFailures: undefined,
    windowMs: 10_000,
    windowCalls: undefined,
    minimumCalls: 2,
    openForMs: 1_000,
    maxOpenForMs: 1_000,
    jitter: 0,
    halfOpenProbes: 2,
    probeTimeoutMs: 2_000,
    rampForMs: 0,
    per: 'both',
    slowCall: undefined,
  }
  const orders = interleavings(4)
  expect(orders.length).toBe(105)
  const verdicts: readonly Verdict[] = ['success', 'failure', 'ignored']
  for (const begins of ['closed', 'half-open'] as const) {
    for (const order of orders) {
      const where = `${begins}, ${order}`
      for (let what = 0; what < 81; what++) {
        for (let passesAt = 0; passesAt <= order.length; passesAt++) {
          everyStep(
            base,
            begins,
            order,
            (call) => verdicts[Math.floor(what / 3 ** call) % 3] as Verdict,
            passesAt,
            where,
          )
        }
      }
    }
  }
}, 30_000)

function everyStep(
  options: ResolvedCircuitBreakerOptions,
  begins: 'closed' | 'half-open',
  order: readonly number[],
  verdictOf: (call: number) => Verdict,
  passesAt: number,
  where: string,
): void {
  const machine = new BreakerState(options)
  const model = new Model(options)
  let nowMs = 0
  const carryOut = (mine: Transition | undefined, theirs: CircuitState | undefined): void => {
    agree(mine?.to, theirs, where)
    if (mine === undefined) return
    machine.go(mine, nowMs, 0.5)
    model.go(mine.to, nowMs, 0.5)
  }
  const pass = (ms: number): void => {
    nowMs += ms
    carryOut(machine.tick(nowMs), model.tick(nowMs))
  }
  if (begins === 'half-open') {
    machine.go({ to: 'open', event: 'circuitOpened', why: 'for the test' }, nowMs, 0.5)
    model.go('open', nowMs, 0.5)
    pass(1_000)
  }
  const admissions: (Admission | undefined)[] = []
  for (let step = 0; step < order.length; step++) {
    if (step === passesAt) pass(1_000)
    const call = order[step] as number
    if (call === -1) {
      const admits = model.isAdmitting
      const epoch = machine.enter(nowMs)
      agree(epoch !== REFUSED, admits, where)
      const isProbe = model.state === 'half-open'
      const one = { life: model.life, isProbe, deadlineMs: nowMs + options.probeTimeoutMs, epoch }
      if (admits) model.out.push(one)
      admissions.push(admits ? one : undefined)
      continue
    }
    const admission = admissions[call]
    if (admission === undefined) continue
    const verdict = verdictOf(call)
    carryOut(machine.leave(admission.epoch, verdict, nowMs, nowMs), model.leave(admission, verdict, 0, nowMs))
    agree(machine.isAdmitting, model.isAdmitting, where)
  }
  // Nothing was leaked: with all calls ended, time alone leads back to a circuit that admits.
  for (let i = 0; i < 3; i++) pass(2_000)
  agree(machine.isAdmitting, true, where)
}
