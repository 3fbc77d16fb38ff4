import { policy } from '@seakeep/core'
import { expect, test } from 'vitest'
import { simulate } from './simulate.ts'

// They were found once, when `for` and `wrap` were called: in the real world, whose clock a handler may not read.
const quotes = policy({ name: 'node-ambience.test', circuitBreaker: { minimumCalls: 1 } })
const europe = quotes.for('eu')
const quote = quotes.for('us').wrap(async (price: number) => price + 1)

test("a key of a policy, and a function wrapped in module scope, are each instance's own in a handler", async () => {
  const states: string[] = []
  const app = async (): Promise<number> => {
    states.push(europe.state.value.breaker)
    await europe.execute(() => Promise.reject(new Error('boom'))).catch(() => {})
    return quote(1)
  }
  const run = await simulate({
    duration: '1s',
    topology: { shop: { replicas: 2, app } },
    workload: [{ constantArrivalRate: { to: 'shop', rate: 6 } }],
  })
  expect(run.services.shop).toMatchObject({ succeeded: run.services.shop?.offered, failed: 0 })
  expect(states.filter((state) => state === 'closed')).toHaveLength(2)
  expect(europe.state.value.breaker).toBe('closed')
})
