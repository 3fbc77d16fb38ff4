import { describe, expect, it } from 'vitest'
import { type HealthOptions, resolveHealthOptions } from './health-options.ts'

const DEFAULTS = {
  intervalMs: 10_000,
  timeoutMs: 1_000,
  rise: 3,
  fall: 2,
  jitter: 0.2,
  unhealthyIntervalMs: 10_000,
  unhealthyEdgeIntervalMs: 10_000,
  healthyEdgeIntervalMs: 10_000,
}

describe('resolveHealthOptions', () => {
  it.each<[HealthOptions, object]>([
    [{ http: '/readyz' }, { probe: { kind: 'http', path: '/readyz' } }],
    [{ tcp: true }, { probe: { kind: 'tcp' } }],
    [{ grpc: true }, { probe: { kind: 'grpc', service: '' } }],
    [{ grpc: 'shop.Orders', http: false }, { probe: { kind: 'grpc', service: 'shop.Orders' } }],
    [
      { tcp: true, interval: '5s' },
      {
        probe: { kind: 'tcp' },
        intervalMs: 5_000,
        unhealthyIntervalMs: 5_000,
        unhealthyEdgeIntervalMs: 5_000,
        healthyEdgeIntervalMs: 5_000,
      },
    ],
    [
      { tcp: true, unhealthyInterval: '1m', healthyEdgeInterval: '1s' },
      {
        probe: { kind: 'tcp' },
        unhealthyIntervalMs: 60_000,
        unhealthyEdgeIntervalMs: 60_000,
        healthyEdgeIntervalMs: 1_000,
      },
    ],
  ])('reads %j', (input, expected) => {
    expect(resolveHealthOptions(input)).toEqual({ ...DEFAULTS, ...expected })
  })

  it.each<[unknown, string]>([
    [{}, 'health: exactly one of http, tcp and grpc says what a check is; none is given'],
    [{ tcp: false }, 'none is given'],
    [{ http: '/a', tcp: true }, 'http and tcp are given'],
    [
      { http: 'readyz' },
      'health.http: "readyz" is not allowed; a path that begins with / and has no blanks, or false; did',
    ],
    [{ grpc: '' }, 'health.grpc: "" is not allowed'],
    [{ tcp: true, rise: 0 }, 'health.rise: 0 is not allowed; an integer of at least 1'],
    [{ tcp: true, intervall: 1 }, 'did you mean interval?'],
  ])('refuses %j', (input, message) => {
    expect(() => resolveHealthOptions(input as HealthOptions)).toThrow(message)
  })
})
