import { expect, it } from 'vitest'
import { answering, Bench } from '../../test/bench.ts'
import { parsePolicyDocument } from '../config/policy-document.ts'

it('holds nothing against anybody when outliers are not watched any more, be they here or in their grace', async () => {
  const orders = { loadBalancing: { algorithm: 'round-robin', panicThreshold: 0 } }
  const outlier = { consecutiveFailures: 2, maxEjected: 0.7, baseEjection: '1h' }
  const bench = new Bench({ orders: { ...orders, outlier } })
  bench.up('a', answering(500)).up('b', answering(500)).up('c')
  for (let i = 0; i < 12; i++) await bench.callOnce()
  bench.leave('a')
  await bench.callOnce(10)
  bench.runtime.applyPolicies(parsePolicyDocument({ version: 1, targets: { orders } }))
  bench.up('a')
  await bench.pass(0)
  bench.sent.length = 0
  for (let i = 0; i < 9; i++) await bench.callOnce()
  expect([...bench.sent].sort().join('')).toBe('aaabbbccc')
  const returned = bench.events.filter(({ type }) => type === 'endpointReturned')
  expect(returned).toMatchObject([{ endpoint: 'b', why: 'the policy watches no outliers any more' }])
})
