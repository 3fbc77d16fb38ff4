// What cannot be used of a network and its faults names its place, what stands there and what may.
import { isConfigError } from '@seakeep/core'
import { describe, expect, test } from 'vitest'
import { resolveScenario } from './resolve-scenario.ts'

type Data = Readonly<Record<string, unknown>>

const WHOLE: Data = {
  duration: '1m',
  topology: {
    web: { replicas: 2, calls: ['orders'], zones: ['a', 'b'] },
    orders: { requestBytes: 100 },
    app: { app: () => {}, replicas: 1 },
  },
  workload: [{ poisson: { to: 'web', rate: 1, zones: ['home'] } }],
  policies: { version: 1, targets: {} },
}
const withNetwork = (network: Data): Data => ({ ...WHOLE, network })
const withWay = (way: string, link: Data = {}): Data => withNetwork({ between: { [way]: link } })
const withFault = (fault: Data): Data => ({ ...WHOLE, faults: [{ at: '1s', ...fault }] })

function refusal(data: Data): string {
  try {
    resolveScenario(data)
  } catch (error) {
    if (isConfigError(error)) return error.message
    throw error
  }
  return 'nothing is refused'
}

describe('refused', () => {
  const CASES: readonly (readonly [Data, string])[] = [
    [
      withNetwork({ loss: 5 }),
      'network.loss: 5 is not allowed; a ratio from 0 to 1 (0.5 or 50%); did you mean 0.05 or 5%?',
    ],
    [withNetwork({ loss: { burst: 3 } }), 'network.loss.ratio: missing; a ratio from 0 to 1 (0.5 or 50%)'],
    [
      withNetwork({ loss: { ratio: 0.75, burst: 2 } }),
      'network.loss.burst: 2 is not allowed; at least 4, which is how many are lost in a row at a ratio of 0.75 without bursts',
    ],
    [
      withNetwork({ loss: { ratio: 1, burst: 2 } }),
      'network.loss.burst: not allowed with a ratio of 1: nothing arrives at all',
    ],
    [
      withNetwork({ lost: 0 }),
      'network.lost: unknown key; allowed: latency, loss, duplicate, bandwidth, between; did you mean loss?',
    ],
    [
      withNetwork({ bandwidth: '100Mbit/s' }),
      "network.bandwidth: \"100Mbit/s\" is not allowed; a bandwidth above 0, to 1e12 bytes per second (1000000, '10MB/s', '512KiB/s'); did you mean 12.5MB/s?",
    ],
    [withWay('zone:a>zone:bb'), 'network.between.zone:a>zone:bb: "bb" is the zone of nobody; zones: a, b, home'],
    [
      withWay('zone:hom>*'),
      'network.between.zone:hom>*: "hom" is the zone of nobody; zones: a, b, home; did you mean home?',
    ],
    [
      withWay('web>ordrs'),
      'network.between.web>ordrs: "ordrs" is not in the topology; allowed: web, orders, app, client; did you mean orders?',
    ],
    [
      withWay('orders>orders'),
      'network.between.orders>orders: "orders>orders": orders does not call orders; edges: web>orders',
    ],
    [withWay('*>*'), 'network.between.*>*: "*>*" is every way; name one end, as zone:a>*'],
    [
      withWay('web'),
      'network.between.web: "web" is no way; a direction, as orders>payments, zone:a>zone:b or zone:a>*',
    ],
    [
      withWay('web>orders', { jitter: 1 }),
      'network.between.web>orders.jitter: unknown key; allowed: latency, loss, duplicate, bandwidth',
    ],
    [
      withFault({ partition: { target: 'web>orders', registry: true } }),
      'faults.0.partition.registry: not allowed with web>orders, which does not lead to the registry',
    ],
    [
      withFault({ partition: { target: 'web', direction: 'form' } }),
      'faults.0.partition.direction: "form" is not allowed; one of both, to, from; did you mean from?',
    ],
    [withFault({ loss: { target: 'zone:c' } }), 'faults.0.loss.target: "c" is the zone of no service; zones: a, b'],
    [
      withFault({ loss: { target: 'web', ratio: 0.5, burst: 1 } }),
      'faults.0.loss.burst: 1 is not allowed; at least 2, which is how many are lost in a row at a ratio of 0.5 without bursts',
    ],
    [
      withFault({ bandwidth: { target: 'web' } }),
      "faults.0.bandwidth.to: missing; a bandwidth above 0, to 1e12 bytes per second (1000000, '10MB/s', '512KiB/s')",
    ],
    [
      withFault({ crash: { target: 'zone:a>zone:b' } }),
      'faults.0.crash.target: crash strikes a service, an instance or a zone, not an edge; slow and hold strike edges',
    ],
    [withFault({ hold: { target: 'zone:a' } }), 'faults.0.hold.target: hold strikes an edge, a>b; zone:a is a zone'],
  ]
  for (const [data, message] of CASES) test(message, () => expect(refusal(data)).toBe(message))
})

describe('warned of', () => {
  const warningsOf = (data: Data): readonly string[] => resolveScenario(data).warnings
  const SHORT = { web: { calls: ['orders'], zones: ['a'] }, orders: {} }

  test('a bandwidth where no message has a length', () => {
    const warning =
      'a bandwidth counts nothing, since no message has a length: say requestBytes or responseBytes of services'
    expect(warningsOf({ ...WHOLE, topology: SHORT, network: { bandwidth: '1MB/s' } })).toEqual([warning])
    const fault = { at: 0, bandwidth: { target: 'web', to: '1MB/s' } }
    expect(warningsOf({ ...WHOLE, topology: SHORT, faults: [fault] })).toEqual([warning])
    expect(warningsOf({ ...WHOLE, network: { between: { 'zone:a>*': { bandwidth: 1 } } } })).toEqual([])
    expect(warningsOf({ ...WHOLE, topology: SHORT })).toEqual([])
  })

  test('lost messages where nobody would ever notice', () => {
    const warning = 'messages are lost, and nobody has a timeout: without policies a call that lost one stays open'
    const { policies: _, ...bare } = WHOLE
    expect(warningsOf({ ...bare, network: { loss: 0.1 } })).toEqual([warning])
    expect(warningsOf({ ...bare, network: { between: { 'zone:a>*': { loss: 0.1 } } } })).toEqual([warning])
    expect(warningsOf({ ...bare, faults: [{ at: 0, partition: { target: 'web' } }] })).toEqual([warning])
    expect(warningsOf({ ...bare, network: { loss: 0 } })).toEqual([])
    expect(warningsOf({ ...WHOLE, network: { loss: 0.1 } })).toEqual([])
    const impatient = { poisson: { to: 'web', rate: 1, deadline: '1s', impatient: true } }
    expect(warningsOf({ ...bare, network: { loss: 0.1 }, workload: [impatient] })).toEqual([])
  })
})
