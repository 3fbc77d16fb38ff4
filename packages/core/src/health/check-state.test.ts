import { describe, expect, test } from 'vitest'
import { afterCheck, type CheckSlot, createCheckSlot, nextIntervalMs } from './check-state.ts'
import { resolveHealthOptions } from './health-options.ts'

const OPTIONS = resolveHealthOptions({ tcp: true, rise: 3, fall: 2 })

/** The verdict after each result: `+` passed, `-` failed. */
function verdicts(results: string, slot: CheckSlot = createCheckSlot()): string[] {
  return [...results].map((result) => {
    afterCheck(slot, result === '+', OPTIONS)
    return slot.verdict
  })
}

describe('rise and fall', () => {
  test('the first passed check is enough for an unknown endpoint; that it is bad has to be seen as often as ever', () => {
    expect(verdicts('+')).toEqual(['healthy'])
    expect(verdicts('--')).toEqual(['unknown', 'unhealthy'])
  })

  test('fall in a row turn it over, and rise in a row back; one that differs begins anew', () => {
    const healthy = { ...createCheckSlot(), verdict: 'healthy' } as const
    expect(verdicts('-+-+--', { ...healthy }).join(' ')).toBe('healthy healthy healthy healthy healthy unhealthy')
    const unhealthy = { ...createCheckSlot(), verdict: 'unhealthy' } as const
    expect(verdicts('++-+++', { ...unhealthy }).join(' ')).toBe(
      'unhealthy unhealthy unhealthy unhealthy unhealthy healthy',
    )
  })

  test('what is expected and what speaks against it', () => {
    const slot = createCheckSlot()
    expect([...'+--+-+++'].map((result) => afterCheck(slot, result === '+', OPTIONS))).toEqual([
      'changed',
      'pending',
      'changed',
      'pending',
      'expected',
      'pending',
      'pending',
      'changed',
    ])
  })
})

test('intervals: quiet, unhealthy, and an edge of its own for each way', () => {
  const options = resolveHealthOptions({
    tcp: true,
    jitter: 0.5,
    interval: 1_000,
    unhealthyInterval: 5_000,
    unhealthyEdgeInterval: 100,
    healthyEdgeInterval: 200,
  })
  const at = (effect: Parameters<typeof nextIntervalMs>[0], isHealthy: boolean, u = 0.5): number =>
    nextIntervalMs(effect, isHealthy, options, u)
  expect([at('expected', true), at('expected', false)]).toEqual([1_000, 5_000])
  expect([at('pending', false), at('changed', false)]).toEqual([100, 100])
  expect([at('pending', true), at('changed', true)]).toEqual([200, 200])
  expect([at('expected', true, 0), at('expected', true, 1)]).toEqual([500, 1_500])
})
