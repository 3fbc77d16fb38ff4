import { describe, expect, it } from 'vitest'
import { Bench } from '../../test/bench.ts'
import type { Balancer } from '../balancing/balancer.ts'
import { createBalancer } from '../balancing/balancer-factory.ts'
import { type BalancingOptions, resolveBalancingOptions } from '../balancing/balancing-options.ts'
import type { Candidate } from '../balancing/candidate.ts'
import { Selection } from '../balancing/selection.ts'
import type { CircuitBreaker } from '../breaking/breaker.ts'
import { classify } from '../call/classification.ts'
import { resolvePolicy } from '../config/policy-options.ts'
import type { Instance } from '../endpoint/endpoint.ts'
import { SeededRandom } from '../random/seeded-random.ts'
import { NO_EVENTS } from '../telemetry/events.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import type { Transport } from '../transport/transport.ts'
import { EndpointPlacement } from './endpoint-placement.ts'
import type { EndpointRow } from './endpoint-row.ts'
import { TargetHealth } from './target-health.ts'

const instances = (count: number, more: Partial<Instance> = {}): Instance[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `orders#${i + 1}`,
    service: 'orders',
    address: { host: '10.0.0.1', port: 80 + i },
    protocol: 'http',
    weight: 1,
    ...more,
  }))

function placementOf(options: BalancingOptions, endpoints: readonly Instance[], own?: Balancer) {
  const resolved = resolveBalancingOptions(options)
  const random = new SeededRandom(1)
  const balancer = own ?? createBalancer(resolved.algorithm, random, 'orders', resolved)
  const clock = new ManualClock()
  const health = new TargetHealth('orders', resolvePolicy({}), {
    clock,
    random,
    events: NO_EVENTS,
    classifier: classify,
    createBalancer,
    transportFor: () => undefined,
  })
  const placement = new EndpointPlacement(balancer, health, {
    clock,
    events: NO_EVENTS,
    createSelection: <Row extends Candidate>() => new Selection<Row>(resolved, { balancer, random, service: 'orders' }),
    transportFor: () => undefined,
    breakerOf: () => undefined,
    dropBreaker: () => {},
  })
  placement.update({ service: 'orders', endpoints, revision: 1 }, 0)
  return placement
}

describe('EndpointPlacement', () => {
  it('sends calls of one routing key to one endpoint, where the balancer asks for keys', () => {
    const sticky = placementOf({ algorithm: 'ring-hash' }, instances(20))
    const rows = new Set<string | undefined>()
    for (let i = 0; i < 100; i++) {
      const key = `user-${i}`
      const row = sticky.pick(i, undefined, 0, { key })
      rows.add(row?.id)
      expect(sticky.pick(i + 1000, undefined, 0, { key })).toBe(row)
    }
    expect(rows.size).toBeGreaterThan(15)
    const any = placementOf({ algorithm: 'random' }, instances(20))
    expect(new Set(Array.from({ length: 100 }, (_, i) => any.pick(i, undefined, 0, { key: 'user-1' }))).size).toBe(20)
  })

  it('forgets the key of the call before', () => {
    const sticky = placementOf({ algorithm: 'maglev' }, instances(20))
    sticky.pick(1, undefined, 0, { key: 'user-1' })
    expect(new Set(Array.from({ length: 100 }, (_, i) => sticky.pick(i, undefined, 0, {}))).size).toBe(20)
  })

  it('knows nothing of the key that another target was asked with', () => {
    const seen: (number | undefined)[] = []
    const watching: Balancer = {
      algorithm: 'watching',
      picker: (rows) => ({
        pick: ({ keyHash }) => {
          seen.push(keyHash)
          return rows[0]
        },
      }),
      onSend() {},
      onAnswer() {},
      onEnd() {},
    }
    const other = placementOf({}, instances(2), watching)
    placementOf({ algorithm: 'ring-hash' }, instances(20)).pick(1, undefined, 0, { key: 'user-1' })
    other.pick(2, undefined, 0, { key: 'user-1' })
    expect(seen).toEqual([undefined])
  })

  it('reads the priority of an endpoint from its meta', () => {
    const standby = instances(3, { meta: { priority: '1' } }).map((one) => ({ ...one, id: `standby-${one.id}` }))
    const placement = placementOf({}, [...standby, ...instances(3)])
    for (let i = 0; i < 100; i++) expect(placement.pick(i, undefined, 0, {})?.priority).toBe(0)
    for (const wrong of ['', 'first', '-1', '1.5'])
      expect(placementOf({}, instances(1, { meta: { priority: wrong } })).row('orders#1')?.priority).toBe(0)
  })

  it('takes an open breaker for ill health, and panic does not open it', () => {
    const placement = placementOf({}, instances(4))
    for (const id of ['orders#1', 'orders#2', 'orders#3']) {
      const row = placement.row(id) as EndpointRow
      row.breaker = { isAdmitting: false } as CircuitBreaker
      row.refresh()
    }
    for (let i = 0; i < 50; i++) expect(placement.pick(i, undefined, 0, {})?.id).toBe('orders#4')
    // Ejected as well: now none is healthy, and the only one whose circuit is closed is it.
    const last = placement.row('orders#4') as EndpointRow
    last.outlier.isEjected = true
    last.refresh()
    for (let i = 0; i < 50; i++) expect(placement.pick(i, undefined, 0, {})).toBe(last)
  })

  it('keeps what was learnt of an endpoint through changes of the snapshot', () => {
    const placement = placementOf({ algorithm: 'least-request' }, instances(3))
    const row = placement.row('orders#1') as EndpointRow
    row.load.inFlight = 9
    placement.update({ service: 'orders', endpoints: instances(3).slice(1), revision: 2 }, 10)
    placement.update({ service: 'orders', endpoints: instances(3, { weight: 2 }), revision: 3 }, 20)
    expect(placement.row('orders#1')).toBe(row)
    expect([row.load.inFlight, row.fullWeight]).toEqual([9, 2])
    for (let i = 0; i < 50; i++) expect(placement.pick(i, undefined, 20, {})).not.toBe(row)
  })

  describe('of an endpoint that has gone', () => {
    function forgetting(): { bench: Bench; forgotten: string[] } {
      const bench = new Bench({ orders: {} })
      const forgotten: string[] = []
      const transport: Transport = bench.transport
      transport.forget = ({ address }) => void forgotten.push(address.host)
      return { bench, forgotten }
    }

    it('lets the transport forget it after its grace, also the last, and waits for nothing else', async () => {
      const { bench, forgotten } = forgetting()
      bench.up('a').up('b')
      await bench.callOnce()
      const idle = bench.clock.pending
      bench.leave('a')
      await bench.pass(30_000)
      bench.leave('b')
      await bench.pass(29_999)
      expect(forgotten).toEqual([])
      await bench.pass(1)
      expect(forgotten).toEqual(['a'])
      await bench.pass(30_000)
      expect(forgotten).toEqual(['a', 'b'])
      expect(bench.clock.pending).toBe(idle)
    })

    it('keeps who comes back within it', async () => {
      const { bench, forgotten } = forgetting()
      bench.up('a').up('b')
      await bench.callOnce()
      bench.leave('a')
      await bench.pass(59_999)
      bench.up('a')
      await bench.pass(60_000)
      expect(forgotten).toEqual([])
    })

    it('leaves no timer when the runtime closes', async () => {
      const { bench } = forgetting()
      bench.up('a')
      await bench.callOnce()
      bench.leave('a')
      await bench.pass(0)
      void bench.runtime.close()
      await bench.pass(0)
      expect(bench.clock.pending).toBe(0)
    })

    it('lets the transport forget the address that an endpoint had before', async () => {
      const { bench, forgotten } = forgetting()
      bench.up('a', undefined, { address: { host: 'h1', port: 1 } })
      await bench.callOnce()
      bench.up('a', undefined, { address: { host: 'h1', port: 1 }, weight: 2 })
      await bench.pass(0)
      expect(forgotten).toEqual([])
      bench.up('a', undefined, { address: { host: 'h2', port: 1 } })
      await bench.pass(0)
      expect(forgotten).toEqual(['h1'])
      bench.leave('a')
      await bench.pass(60_000)
      expect(forgotten).toEqual(['h1', 'h2'])
    })
  })
})
