// Bugs that no policy of ours has, told to the invariants as if one had.
import { describe, expect, it } from 'vitest'
import { Kernel } from '../../kernel/kernel.ts'
import { Recorder } from '../../recording/recorder.ts'
import type { CallSeen, HostSeen } from '../../recording/witness.ts'
import { resolveScenario } from '../../scenario/resolving/resolve-scenario.ts'
import { WatchedInvariants } from './invariants.ts'

const HOST: HostSeen = { name: 'client#1', caller: 'client', isUp: true, downUs: -Infinity, resumedUs: -Infinity }
const CALL: CallSeen = {
  host: HOST,
  service: 'api',
  method: undefined,
  offeredUs: 1e6,
  deadlineMs: Number.POSITIVE_INFINITY,
  root: 'client-7',
}
const INSTANCE = { name: 'api#1', host: { ...HOST, name: 'api#1', caller: 'api' } }

function watched(invariant: unknown, policies?: object, faults: readonly object[] = []) {
  const scenario = resolveScenario({
    topology: { api: {} },
    workload: [{ poisson: { to: 'api', rate: 1 } }],
    invariants: [invariant],
    faults,
    ...(policies && { policies: { version: 1, targets: { api: policies } } }),
  })
  const recorder = new Recorder(scenario, new Kernel())
  let nowUs = 0
  const invariants = new WatchedInvariants(scenario, recorder, () => nowUs)
  return {
    invariants,
    log: recorder.log,
    at: (ms: number) => {
      nowUs = ms * 1000
    },
    get report() {
      return invariants.reports()[0]
    },
  }
}

describe('deadline', () => {
  it('is broken by a call that outlives its timeout, by more than is let pass', () => {
    const run = watched({ deadline: '5ms' }, { timeout: '100ms' })
    run.at(1105)
    run.invariants.onCallEnd(CALL)
    expect(run.report).toMatchObject({ ok: true, value: 0 })
    run.at(1106)
    run.invariants.onCallEnd(CALL)
    const broken = { ok: false, value: 1, atMs: 1106, subject: 'client#1>api', call: 'client-7' }
    expect(run.report).toMatchObject({ ...broken, why: 'ended 6ms after its deadline' })
  })

  it('is the caller’s where that is earlier, and nothing to who stood still or began too late', () => {
    const run = watched('deadline', { timeout: '1m' })
    run.at(3000)
    run.invariants.onCallEnd({ ...CALL, deadlineMs: 2000, host: { ...HOST, resumedUs: 2.5e6 } })
    run.invariants.onCallEnd({ ...CALL, deadlineMs: 2000, host: { ...HOST, isUp: false } })
    run.invariants.onCallEnd({ ...CALL, deadlineMs: 2000, offeredUs: 3e6 })
    expect(run.report?.ok).toBe(true)
    run.invariants.onCallEnd({ ...CALL, deadlineMs: 2000 })
    expect(run.report?.why).toBe('ended 1s after its deadline')
  })
})

it('noLateRetry is broken by an attempt after the deadline, not by a first one', () => {
  const run = watched('noLateRetry')
  run.at(2001)
  run.invariants.onSent({ ...CALL, deadlineMs: 2000 }, 1, INSTANCE)
  run.invariants.onSent({ ...CALL, deadlineMs: 2002 }, 2, INSTANCE)
  expect(run.report?.ok).toBe(true)
  run.invariants.onSent({ ...CALL, deadlineMs: 2000 }, 2, INSTANCE)
  expect(run.report).toMatchObject({ ok: false, why: 'attempt 2 was sent 1ms after its deadline', call: 'client-7' })
})

it('concurrencyLimit counts what has ended, and a highest limit that an algorithm may set', () => {
  const run = watched('concurrencyLimit', { concurrency: { algorithm: 'aimd', min: 1, max: 2, initial: 1 } })
  run.invariants.onSent(CALL, 1, INSTANCE)
  run.invariants.onSent(CALL, 1, INSTANCE)
  run.invariants.onAttemptEnd(CALL)
  run.invariants.onSent(CALL, 1, INSTANCE)
  expect(run.report?.ok).toBe(true)
  run.invariants.onSent(CALL, 1, INSTANCE)
  expect(run.report).toMatchObject({ ok: false, why: '3 attempts under way; the limit is 2' })
})

it.each([
  ['window', {}, 4],
  ['tokens', { algorithm: 'tokens', ratio: 0.5, maxTokens: 1 }, 2],
])('retryBudget holds retries to what a %s gives', (_, budget, allowed) => {
  const policy = 'algorithm' in budget ? budget : { ratio: 0.5, minPerSecond: 0.3 }
  const run = watched('retryBudget', { retry: { maxAttempts: 9, budget: policy } })
  run.at(1000)
  run.invariants.onCall(CALL)
  run.invariants.onCall(CALL)
  for (let retry = 0; retry < allowed; retry++) run.invariants.onSent(CALL, 2 + retry, INSTANCE)
  expect(run.report?.ok).toBe(true)
  run.invariants.onSent(CALL, 9, INSTANCE)
  expect(run.report?.why).toBe(`${allowed + 1} retries of 2 calls; at most ${allowed}`)
})

describe('breakerTransitions', () => {
  const circuit = { caller: 'client#1', service: 'api', endpoint: 'api#1' }

  it('is broken by a circuit that closes without a probe, or opens twice', () => {
    const run = watched('breakerTransitions')
    run.log.add({ atMs: 1, type: 'circuitOpened', ...circuit })
    run.log.add({ atMs: 2, type: 'circuitHalfOpened', ...circuit })
    run.log.add({ atMs: 3, type: 'circuitClosed', ...circuit })
    expect(run.report?.ok).toBe(true)
    run.log.add({ atMs: 4, type: 'circuitOpened', ...circuit })
    run.at(5)
    run.log.add({ atMs: 5, type: 'circuitClosed', ...circuit })
    const broken = { ok: false, atMs: 5, subject: 'client#1>api#1', why: 'circuitClosed while it was open' }
    expect(run.report).toMatchObject(broken)
  })

  it('begins anew with a process, and with an instance that was lost sight of', () => {
    const run = watched('breakerTransitions')
    run.log.add({ atMs: 1, type: 'circuitOpened', ...circuit })
    run.log.add({ atMs: 2, type: 'instanceRestarted', endpoint: 'client#1' })
    run.log.add({ atMs: 3, type: 'circuitOpened', ...circuit })
    run.log.add({ atMs: 4, type: 'instanceExpired', service: 'api', endpoint: 'api#1' })
    run.log.add({ atMs: 5, type: 'circuitHalfOpened', ...circuit })
    expect(run.report?.ok).toBe(true)
  })
})

it('noCallToDead counts a drain from its beginning, and not while the registry tells nobody', () => {
  const registryDown = { at: '3s', registryDown: { for: '10s' } }
  const run = watched({ noCallToDead: '2s' }, undefined, [registryDown])
  const draining = { ...INSTANCE, isDraining: true }
  run.log.add({ atMs: 500, type: 'drainStarted', endpoint: 'api#1' })
  run.at(2400)
  run.invariants.onSent(CALL, 1, draining)
  for (const ms of [3100, 12_900, 14_900]) {
    run.at(ms)
    run.invariants.onSent(CALL, 1, draining)
  }
  expect(run.report?.ok).toBe(true)
  run.at(15_100)
  run.invariants.onSent(CALL, 1, draining)
  expect(run.report?.why).toBe('sent to api#1, which has been draining for 14.6s')
})

it('noCallToDead sees who is draining, else from when it was seen first', () => {
  const run = watched({ noCallToDead: '2s' })
  const draining = { ...INSTANCE, isDraining: true }
  run.at(1000)
  run.invariants.onSent(CALL, 1, draining)
  run.at(3000)
  run.invariants.onSent(CALL, 1, draining)
  expect(run.report?.ok).toBe(true)
  run.at(3100)
  run.invariants.onSent(CALL, 1, draining)
  expect(run.report?.why).toBe('sent to api#1, which has been draining for 2.1s')
})
