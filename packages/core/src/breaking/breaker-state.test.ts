import { describe, expect, test } from 'vitest'
import type { Verdict } from '../call/classification.ts'
import type { ResolvedCircuitBreakerOptions } from './breaker-options.ts'
import { BreakerState, type Transition } from './breaker-state.ts'
import { REFUSED } from './circuit-breaker.ts'

const OPTIONS: ResolvedCircuitBreakerOptions = {
  failureRatio: 0.5,
  consecutiveFailures: undefined,
  windowMs: 10_000,
  windowCalls: undefined,
  minimumCalls: 20,
  openForMs: 5_000,
  maxOpenForMs: 60_000,
  jitter: 0,
  halfOpenProbes: 3,
  probeTimeoutMs: 30_000,
  rampForMs: 0,
  per: 'both',
  slowCall: undefined,
}

/** The machine with somebody who carries its transitions out, and half the luck in each draw. */
class Fixture {
  readonly machine: BreakerState
  nowMs = 0

  constructor(options: Partial<ResolvedCircuitBreakerOptions> = {}) {
    this.machine = new BreakerState({ ...OPTIONS, ...options })
  }

  enter(): number {
    return this.machine.enter(this.nowMs)
  }

  leave(epoch: number, verdict: Verdict, durationMs = 1): void {
    this.#carryOut(this.machine.leave(epoch, verdict, this.nowMs - durationMs, this.nowMs))
  }

  call(verdict: Verdict, durationMs = 1): void {
    this.leave(this.enter(), verdict, durationMs)
  }

  calls(times: number, verdict: Verdict, durationMs = 1): void {
    for (let i = 0; i < times; i++) this.call(verdict, durationMs)
  }

  wait(ms: number): void {
    this.nowMs += ms
    this.#carryOut(this.machine.tick(this.nowMs))
  }

  hand(what: 'isolate' | 'release'): void {
    this.#carryOut(this.machine[what]())
  }

  #carryOut(transition: Transition | undefined): void {
    if (transition !== undefined) this.machine.go(transition, this.nowMs, 0.5)
  }
}

function opened(options: Partial<ResolvedCircuitBreakerOptions> = {}): Fixture {
  const it = new Fixture({ minimumCalls: 1, ...options })
  it.call('failure')
  expect(it.machine.state).toBe('open')
  return it
}

function halfOpened(options: Partial<ResolvedCircuitBreakerOptions> = {}): Fixture {
  const it = opened(options)
  it.wait(5_000)
  expect(it.machine.state).toBe('half-open')
  return it
}

describe('closed', () => {
  test('opossum#481, #558: does not open on the first error, and says what it opened on', () => {
    const it = new Fixture()
    it.calls(8, 'success')
    it.calls(11, 'failure')
    expect(it.machine.state).toBe('closed')
    it.call('failure')
    expect(it.machine.state).toBe('open')
    expect(it.machine.why).toBe('failure ratio 0.6 of 20 calls in 10 s (threshold 0.5)')
  })

  test('a success can be the call that completes the minimum', () => {
    const it = new Fixture()
    it.calls(19, 'failure')
    it.call('success')
    expect(it.machine.state).toBe('open')
  })

  test('opens at the threshold, not only above it, also where 0.55 * 20 is a little more than 11', () => {
    const it = new Fixture({ failureRatio: 0.55 })
    it.calls(9, 'success')
    it.calls(11, 'failure')
    expect(it.machine.state).toBe('open')
    const below = new Fixture({ failureRatio: 0.55 })
    below.calls(10, 'success')
    below.calls(10, 'failure')
    expect(below.machine.state).toBe('closed')
  })

  test('cockatiel#64: failures from before an idle hour do not open it', () => {
    const it = new Fixture({ minimumCalls: 10 })
    it.calls(9, 'failure')
    it.wait(3_600_000)
    it.call('failure')
    expect(it.machine.state).toBe('closed')
  })

  test('ignored outcomes count for nothing', () => {
    const it = new Fixture({ minimumCalls: 2 })
    it.calls(100, 'ignored')
    it.call('failure')
    expect(it.machine.state).toBe('closed')
    it.call('failure')
    expect(it.machine.state).toBe('open')
  })

  test('slow calls open it on their own ratio; one that is slow and failed counts as both', () => {
    const it = new Fixture({ slowCall: { overMs: 800, ratio: 0.5 } })
    it.calls(10, 'success', 800)
    it.calls(9, 'success', 801)
    it.call('failure', 900)
    expect(it.machine.state).toBe('open')
    expect(it.machine.why).toBe('slow-call ratio 0.5 of 20 calls in 10 s (threshold 0.5)')
  })
})

describe('open', () => {
  test('refuses until its time is over and the loop has said so', () => {
    const it = opened()
    expect(it.enter()).toBe(REFUSED)
    expect(it.machine.isAdmitting).toBe(false)
    it.wait(4_999)
    expect(it.machine.state).toBe('open')
    it.wait(1)
    expect(it.machine.state).toBe('half-open')
    expect(it.machine.why).toBe('was open for 5 s')
    expect(it.machine.isAdmitting).toBe(true)
  })

  test('the open time doubles with each reopening in a row, to a bound, and starts anew after closing', () => {
    const it = opened()
    const lengths = [it.machine.openForMs]
    for (let i = 0; i < 5; i++) {
      it.wait(it.machine.openForMs ?? 0)
      it.call('failure')
      lengths.push(it.machine.openForMs)
    }
    expect(lengths).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000])
    it.wait(60_000)
    it.calls(3, 'success')
    expect(it.machine.state).toBe('closed')
    it.call('failure')
    expect(it.machine.openForMs).toBe(5_000)
  })

  test('stoplight#364: circuits that opened together do not probe together, not even at the bound', () => {
    const drawn = [0, 0.25, 0.5, 0.999].map((u) => {
      const machine = new BreakerState({ ...OPTIONS, jitter: 0.2, openForMs: 60_000, minimumCalls: 1 })
      machine.go(machine.leave(machine.enter(0), 'failure', -1, 0) as Transition, 0, u)
      return machine.openForMs
    })
    expect(drawn).toEqual([48_000, 54_000, 60_000, 60_000 * (1 + 0.2 * (2 * 0.999 - 1))])
  })
})

describe('half-open', () => {
  test('opossum#119, safe-client-gateway#3442: the herd is refused, however many come while probes are out', () => {
    const it = halfOpened()
    const admitted = Array.from({ length: 1_000 }, () => it.enter()).filter((epoch) => epoch !== REFUSED)
    expect(admitted.length).toBe(3)
    expect(it.machine.isAdmitting).toBe(false)
    expect(new Set(admitted).size).toBe(3)
  })

  test('closes when as many probes have succeeded as may be out', () => {
    const it = halfOpened()
    it.calls(2, 'success')
    expect(it.machine.state).toBe('half-open')
    it.call('success')
    expect(it.machine.state).toBe('closed')
    expect(it.machine.why).toBe('3 of 3 probes succeeded')
  })

  test('any failed probe reopens', () => {
    const it = halfOpened()
    it.calls(2, 'success')
    it.call('failure')
    expect(it.machine.state).toBe('open')
    expect(it.machine.why).toBe('a probe failed after 2 of 3 had succeeded')
  })

  test('closing forgets the failures that opened it', () => {
    const it = new Fixture({ minimumCalls: 4 })
    it.calls(4, 'failure')
    it.wait(5_000)
    it.calls(3, 'success')
    it.calls(3, 'failure')
    expect(it.machine.state).toBe('closed')
  })

  test('resilience4j#903, #935: a probe whose outcome is ignored gives its lease back', () => {
    const it = halfOpened({ halfOpenProbes: 1 })
    for (let i = 0; i < 100; i++) {
      const epoch = it.enter()
      expect(epoch).not.toBe(REFUSED)
      expect(it.enter()).toBe(REFUSED)
      it.leave(epoch, 'ignored')
    }
    it.call('success')
    expect(it.machine.state).toBe('closed')
  })

  test('nora#585: a probe that never ends counts as failed at its deadline, and the circuit goes on', () => {
    const it = halfOpened()
    it.wait(1_000)
    it.enter()
    it.wait(10_000)
    it.leave(it.enter(), 'success')
    expect(it.machine.dueAtMs).toBe(36_000)
    it.wait(20_000)
    expect(it.machine.state).toBe('open')
    expect(it.machine.why).toBe('a probe did not end within 30 s')
    expect(it.machine.openForMs).toBe(10_000)
    it.wait(10_000)
    expect(it.machine.state).toBe('half-open')
  })

  test('the deadline that counts is that of a probe which is still out', () => {
    const it = halfOpened()
    const first = it.enter()
    it.wait(7_000)
    const second = it.enter()
    it.leave(first, 'success')
    expect(it.machine.dueAtMs).toBe(42_000)
    it.leave(second, 'ignored')
    expect(it.machine.dueAtMs).toBe(Number.POSITIVE_INFINITY)
  })

  test('cockatiel#73: giving one lease back twice makes room for one', () => {
    const it = halfOpened()
    const epochs = [it.enter(), it.enter(), it.enter()]
    it.leave(epochs[0] as number, 'ignored')
    it.leave(epochs[0] as number, 'ignored')
    expect(it.enter()).not.toBe(REFUSED)
    expect(it.enter()).toBe(REFUSED)
  })

  test('slow probes reopen it where they reach the slow-call ratio', () => {
    const slowCall = { overMs: 800, ratio: 0.5 }
    const mostlySlow = halfOpened({ slowCall })
    mostlySlow.call('success', 1)
    mostlySlow.calls(2, 'success', 900)
    expect(mostlySlow.machine.state).toBe('open')
    expect(mostlySlow.machine.why).toBe('2 of 3 probes took longer than 800 ms')
    const mostlyFast = halfOpened({ slowCall })
    mostlyFast.call('success', 900)
    mostlyFast.calls(2, 'success', 1)
    expect(mostlyFast.machine.state).toBe('closed')
  })
})

describe('stragglers', () => {
  test('jac#8064: a call admitted while closed that ends after the trip moves nothing', () => {
    const it = new Fixture({ minimumCalls: 1 })
    const early = [it.enter(), it.enter(), it.enter(), it.enter()]
    it.call('failure')
    expect(it.machine.state).toBe('open')
    it.leave(early[0] as number, 'success')
    expect(it.machine.state).toBe('open')
    it.wait(5_000)
    for (const epoch of early) it.leave(epoch, 'success')
    expect(it.machine.state).toBe('half-open')
    it.leave(early[0] as number, 'failure')
    expect(it.machine.state).toBe('half-open')
    it.calls(3, 'success')
    it.leave(early[0] as number, 'failure')
    expect(it.machine.state).toBe('closed')
  })

  test('nv-redfish#211: a probe of one half-open that ends in the next neither closes nor reopens it', () => {
    const it = halfOpened()
    const late = [it.enter(), it.enter()]
    it.call('failure')
    it.wait(10_000)
    expect(it.machine.state).toBe('half-open')
    it.leave(late[0] as number, 'failure')
    expect(it.machine.state).toBe('half-open')
    it.calls(2, 'success')
    it.leave(late[1] as number, 'success')
    expect(it.machine.state).toBe('half-open')
    it.call('success')
    expect(it.machine.state).toBe('closed')
  })
})

describe('isolated', () => {
  test('is held by hand from any state, and released to a clean start', () => {
    for (const it of [new Fixture({ minimumCalls: 1 }), opened(), halfOpened()]) {
      const late = it.enter()
      it.hand('isolate')
      expect(it.machine.state).toBe('isolated')
      expect(it.enter()).toBe(REFUSED)
      it.wait(1e9)
      expect(it.machine.state).toBe('isolated')
      it.hand('release')
      expect(it.machine.state).toBe('closed')
      if (late !== REFUSED) it.leave(late, 'failure')
      expect(it.machine.state).toBe('closed')
      it.call('failure')
      expect(it.machine.openForMs).toBe(5_000)
    }
  })

  test('is not isolated or released twice', () => {
    const it = new Fixture()
    expect(it.machine.release()).toBeUndefined()
    it.hand('isolate')
    expect(it.machine.isolate()).toBeUndefined()
  })
})

describe('new options', () => {
  test('opossum#450: other thresholds keep counts and state', () => {
    const it = new Fixture()
    it.calls(10, 'failure')
    it.machine.update({ ...OPTIONS, minimumCalls: 11 })
    it.call('failure')
    expect(it.machine.state).toBe('open')
    it.machine.update({ ...OPTIONS, openForMs: 1 })
    expect(it.machine.dueAtMs).toBe(5_000)
  })

  test('a window of another length starts empty', () => {
    const it = new Fixture({ minimumCalls: 2 })
    it.call('failure')
    it.machine.update({ ...OPTIONS, minimumCalls: 2, windowMs: 1_000 })
    it.call('failure')
    expect(it.machine.state).toBe('closed')
  })
})
