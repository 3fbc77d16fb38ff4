// A pick takes as long among a thousand endpoints as among ten, or grows with their logarithm. Each pick is followed by
// what calls do to it: it is sent, and the one sent sixteen picks before is answered.
import type { BalancingAlgorithm } from '@seakeep/core'
import { createBalancer, hashText, type Pickable } from '@seakeep/core/spi'
import { type Contender, compare } from '../harness.ts'
import { CHANCE } from '../ports.ts'
import type { Row, Suite } from '../row.ts'

const ALGORITHMS: readonly BalancingAlgorithm[] = [
  ...(['round-robin', 'weighted-round-robin', 'random', 'least-request'] as const),
  ...(['p2c', 'p2c-ewma', 'ring-hash', 'maglev'] as const),
]
const SIZES = [10, 100, 1000] as const
const IN_FLIGHT = 16
const MOST_GROWTH = 6
const KEY_HASHES = Array.from({ length: 1024 }, (_, i) => hashText(`customer-${i}`) | 0)

function rowCalled(place: number): Pickable {
  const load = { inFlight: 0, costMs: -1, costAtMs: 0, failedUntilMs: 0, turn: -1 }
  return { id: `orders#${place + 1}`, eligible: true, weight: 1 + (place % 5), load }
}

function picking(algorithm: BalancingAlgorithm, size: number): Contender {
  const balancer = createBalancer(algorithm, CHANCE, 'orders')
  const picker = balancer.picker(Array.from({ length: size }, (_, place) => rowCalled(place)))
  const sent: (Pickable | undefined)[] = Array(IN_FLIGHT).fill(undefined)
  const context = { nowMs: 0, key: 0, avoid: undefined, keyHash: undefined as number | undefined }
  const call = (): void => {
    context.key = (context.key + 1) & 0xffff
    context.nowMs += 0.01
    if (balancer.usesKey === true) context.keyHash = KEY_HASHES[context.key & 1023]
    const place = context.key % IN_FLIGHT
    const ended = sent[place]
    if (ended !== undefined) {
      balancer.onAnswer(ended.load, 1 + (context.key % 7), context.nowMs)
      balancer.onEnd(ended.load, false, undefined, context.nowMs)
    }
    const row = picker.pick(context)
    if (row === undefined) throw new Error(`${algorithm} picked none of ${size}`)
    balancer.onSend(row.load, context.nowMs)
    sent[place] = row
  }
  const atMost = size === SIZES[2] ? { atMost: { ratio: MOST_GROWTH } } : {}
  return { name: `${algorithm}, ${size} endpoints`, isSync: true, call, ...atMost }
}

export const picks: Suite = {
  name: 'picks',
  run: async (rounds) => {
    const rows: Row[] = []
    // There are many, and they are short and alike: a third of the rounds tells enough.
    for (const algorithm of ALGORITHMS) {
      const contenders = SIZES.map((size) => picking(algorithm, size))
      rows.push(...(await compare('picks', contenders, Math.max(10, Math.round(rounds / 3)))))
    }
    return rows
  },
}
