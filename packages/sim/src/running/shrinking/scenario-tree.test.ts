import { expect, test } from 'vitest'
import { withoutServices } from './scenario-tree.ts'

test('what the network says of ways goes with the services it names', () => {
  const between = { 'web>db': { loss: 0.1 }, 'zone:a>db': { loss: 0.2 }, 'web>mail': {}, 'zone:a>*': { latency: 1 } }
  const topology = { web: { calls: ['db', 'mail'] }, db: {}, mail: {} }
  const whole = { topology, network: { latency: 2, between }, faults: [{ at: 0, loss: { target: 'zone:a>db' } }] }
  const left = withoutServices(whole, new Set(['db']))
  expect(left.network).toEqual({ latency: 2, between: { 'web>mail': {}, 'zone:a>*': { latency: 1 } } })
  expect(left.faults).toEqual([])
  // A scenario that says nothing of its network does not begin to.
  expect(withoutServices({ topology }, new Set(['db']))).not.toHaveProperty('network')
})
