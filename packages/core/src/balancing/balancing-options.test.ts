import { describe, expect, it } from 'vitest'
import { type BalancingAlgorithm, resolveBalancingAlgorithm } from './balancing-options.ts'

describe('resolveBalancingAlgorithm', () => {
  it('is p2c-ewma unless said otherwise', () => {
    expect(resolveBalancingAlgorithm()).toBe('p2c-ewma')
    expect(resolveBalancingAlgorithm('round-robin')).toBe('round-robin')
  })

  it('tells what comes later from what is misspelt', () => {
    expect(() => resolveBalancingAlgorithm('maglev' as BalancingAlgorithm)).toThrow(
      'loadBalancing: maglev is not available yet in this version; allowed: round-robin, p2c, p2c-ewma',
    )
    expect(() => resolveBalancingAlgorithm('roundrobin' as BalancingAlgorithm)).toThrow(
      'loadBalancing: "roundrobin" is not allowed; one of round-robin, p2c, p2c-ewma; did you mean round-robin?',
    )
  })
})
