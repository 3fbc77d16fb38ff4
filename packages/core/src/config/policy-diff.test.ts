import { describe, expect, it } from 'vitest'
import { parsePolicyText } from './parse-text.ts'
import { diffPolicies, type PolicyChange } from './policy-diff.ts'

/** What changes, as lines. */
function diff(before: string | undefined, next: string): string[] {
  const read = (text: string) => parsePolicyText(`version: 1\n${text}`, 'p.yaml')
  return diffPolicies(before === undefined ? undefined : read(before), read(next)).flatMap(lines)
}

function lines({ section, target, kind, fields }: PolicyChange): string[] {
  const name = section === 'inbound' ? `inbound ${target}` : target
  return [
    ...(kind === 'changed' ? [] : [`${name} ${kind}`]),
    ...fields.map(({ path, from, to }) => `${name} ${path} ${from} -> ${to}`),
  ]
}

describe('diffPolicies', () => {
  it('says nothing where calls are governed as before: other order, other spelling, a policy nobody uses', () => {
    const before = 'targets: { a: { timeout: 1s, retry: true }, b: { retry: false } }'
    expect(diff(before, 'targets: { b: { retry: false }, a: { retry: true, timeout: 1000 } }')).toEqual([])
    expect(diff(before, `${before}\npolicies: { unused: { timeout: 1s } }`)).toEqual([])
  })

  it('names each target that a shared number governs', () => {
    const at = (attempts: number) =>
      `policies: { shop: { retry: { maxAttempts: ${attempts} } } }\ntargets: { "*": { use: shop }, payments: { timeout: 1s }, mail: { retry: false } }`
    expect(diff(at(3), at(5))).toEqual(['* retry.maxAttempts 3 -> 5', 'payments retry.maxAttempts 3 -> 5'])
  })

  it('compares a target that comes or goes with what governs its calls without it', () => {
    const one = 'targets: { "*": { timeout: 5s } }'
    const two = 'targets: { "*": { timeout: 5s }, payments: { timeout: 2s } }'
    expect(diff(one, two)).toEqual(['payments added', 'payments timeout 5s -> 2s'])
    expect(diff(two, one)).toEqual(['payments removed', 'payments timeout 2s -> 5s'])
  })

  it('says of a layer that comes or goes that it does, and what was written of it', () => {
    const without = 'targets: { a: { timeout: 1s } }'
    const withBreaker = 'targets: { a: { timeout: 1s, circuitBreaker: { minimumCalls: 5 } } }'
    expect(diff(without, withBreaker)).toEqual([
      'a circuitBreaker off -> on',
      'a circuitBreaker.minimumCalls undefined -> 5',
    ])
    expect(diff(withBreaker, without)).toEqual([
      'a circuitBreaker on -> off',
      'a circuitBreaker.minimumCalls 5 -> undefined',
    ])
  })

  it('finds a change that no target has for itself: where two overlap', () => {
    // At its own example, `pay*` is overridden by `pay`.
    const at = (timeout: string) =>
      `targets: { "pay*": { timeout: ${timeout} }, pay: { timeout: 1s }, "payments/GET /x": { retry: true } }`
    expect(diff(at('2s'), at('3s'))).toEqual(['payments/GET /x timeout 2s -> 3s', 'payments timeout 2s -> 3s'])
  })

  it('takes no document for no policies', () => {
    expect(diff(undefined, 'targets: { a: { timeout: 1s, loadBalancing: p2c } }')).toEqual([
      'a added',
      'a timeout undefined -> 1s',
      'a loadBalancing.algorithm round-robin -> p2c',
    ])
  })

  it('compares what instances admit', () => {
    expect(
      diff(
        'inbound: { a: { concurrency: { limit: 64 } }, b: { shed: true } }',
        'inbound: { a: { concurrency: { limit: 32 } }, c: { rateLimit: { rate: 5 } } }',
      ),
    ).toEqual([
      'inbound a concurrency.limit 64 -> 32',
      'inbound b removed',
      'inbound b shed on -> off',
      'inbound c added',
      'inbound c rateLimit off -> on',
      'inbound c rateLimit.rate undefined -> 5',
    ])
  })
})
