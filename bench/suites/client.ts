// A whole `client().call()`: picked, sent over a transport in memory and answered at once.
import { ALL_LAYERS, BARE } from '../bare.ts'
import { type Contender, compare } from '../harness.ts'
import { runtimeOf } from '../ports.ts'
import type { Limits, Suite } from '../row.ts'

const KEYS = Array.from({ length: 1000 }, (_, i) => ({ key: `customer-${i}` }))
const BALANCED = { loadBalancing: 'p2c-ewma' }
const EVERYTHING = { ...ALL_LAYERS, ...BALANCED, outlier: true }

function calling(name: string, layers: object, endpoints: number, atMost?: Limits): Contender {
  const orders = runtimeOf(layers, endpoints).client('orders')
  return { name, call: () => orders.call(), ...(atMost === undefined ? {} : { atMost }) }
}

function callingByKey(name: string, layers: object): Contender {
  const orders = runtimeOf(layers, 10).client('orders')
  let turn = 0
  return { name, call: () => orders.call({}, KEYS[turn++ % KEYS.length]) }
}

export const client: Suite = {
  name: 'client',
  run: (rounds) => {
    const byKey = { rateLimit: { rate: 1e6, burst: 1e6, by: 'key' } }
    const contenders = [
      BARE,
      calling('p2c-ewma, 10 endpoints', BALANCED, 10, { ratio: 14 }),
      calling('p2c-ewma, 1,000 endpoints', BALANCED, 1000),
      callingByKey('ring-hash by key, 10 endpoints', { loadBalancing: 'ring-hash' }),
      callingByKey('rate limit by key (gcra), 10 endpoints', { ...BALANCED, ...byKey }),
      calling('all policies and outlier detection, 10 endpoints', EVERYTHING, 10),
    ]
    return compare('client', contenders, rounds)
  },
}
