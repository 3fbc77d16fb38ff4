// What each policy costs alone, on a call that succeeds at once.
import { type PolicyOptions, policy } from '@seakeep/core'
import { BARE, work } from '../bare.ts'
import { compare } from '../harness.ts'
import type { Suite } from '../row.ts'

const RATE = { rate: 1e6, burst: 1e6 }
/** As many as make keys cost what they cost: every call finds another one. */
const KEYS = Array.from({ length: 1000 }, (_, i) => `customer-${i}`)

const ALONE: Readonly<Record<string, Omit<PolicyOptions, 'name'>>> = {
  'no policy': {},
  timeout: { timeout: '2s' },
  retry: { retry: true },
  'retry with attemptTimeout': { retry: { attemptTimeout: '1s' } },
  circuitBreaker: { circuitBreaker: true },
  concurrency: { concurrency: { limit: 64, queue: 16 } },
  'rateLimit, token bucket': { rateLimit: RATE },
  'rateLimit, gcra': { rateLimit: { ...RATE, algorithm: 'gcra' } },
  throttle: { throttle: true },
  hedge: { hedge: true },
  fallback: { fallback: () => 0 },
}

export const policies: Suite = {
  name: 'policies',
  run: (rounds) => {
    const alone = Object.entries(ALONE).map(([name, layers]) => {
      const one = policy({ name: `bench ${name}`, ...layers })
      return { name, call: () => one.execute(work) }
    })
    return compare('policies', [BARE, ...alone, stateByKey()], rounds)
  },
}

/** A breaker for each key of `execute`. */
function stateByKey(): { readonly name: string; readonly call: () => unknown } {
  const byKey = policy({ name: 'bench key', circuitBreaker: true })
  let turn = 0
  return {
    name: 'circuitBreaker, one of 1,000 keys',
    call: () => byKey.execute(work, { key: KEYS[turn++ % KEYS.length] as string }),
  }
}
