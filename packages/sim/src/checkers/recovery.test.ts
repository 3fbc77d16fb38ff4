// What takes as long as the requests that are in flight is over when the run says so, and not when it was thought to be.
import { expect, it } from 'vitest'
import { type FaultData, simulate } from '../index.ts'

/** Seconds after the end that is expected of it, at 17 s, ten steady ones are over by 27 s. From 19 s on they are not. */
const recoveryMs = async (fault: FaultData, duration: '28s' | '45s'): Promise<number | null | undefined> => {
  const run = await simulate({
    duration,
    topology: { api: { replicas: 2, steps: [{ wait: '4s' }], drain: { spread: '1s', finish: '10s' } } },
    workload: [{ constantArrivalRate: { to: 'api', rate: 20, deadline: '5s' } }],
    faults: [fault],
    thresholds: { 'api.recovery': 'time<30s' },
  })
  return run.thresholds[0]?.value
}

it.each<[string, FaultData]>([
  ['deploy', { at: '15s', deploy: { target: 'api', batch: 1 } }],
  ['drain', { at: '15s', drain: { target: 'api#1', restartAfter: '1s' } }],
])('a %s ends when what was in flight is finished and the last instance is there', async (_, fault) => {
  expect(await recoveryMs(fault, '28s')).toBeNull()
  expect(await recoveryMs(fault, '45s')).toBe(0)
})
