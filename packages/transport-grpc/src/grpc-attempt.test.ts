import { ManualClock } from '@seakeep/core/testing'
import { expect, it } from 'vitest'
import { BYTES } from './codec.ts'
import { EndpointChannel } from './endpoint-channel.ts'
import { GrpcAttempt } from './grpc-attempt.ts'
import { resolveGrpcOptions } from './grpc-options.ts'

it('has left its channel when the attempt is told to have ended', () => {
  const clock = new ManualClock()
  // Nobody listens there, and nobody is waited for.
  const channel = new EndpointChannel('ipv4:127.0.0.1:1', clock, resolveGrpcOptions({}))
  const told: string[] = []
  const sink = { commit: () => {}, settle: () => void told.push('settled') }
  const address = { host: '127.0.0.1', port: 1 }
  const attempt = new GrpcAttempt(
    'shop.Inventory/Find',
    {
      service: 'inventory',
      endpoint: { id: 'a', service: 'inventory', address, protocol: 'grpc', weight: 1 },
      request: { method: 'shop.Inventory/Find', body: new Uint8Array() },
      number: 1,
      key: 0,
      deadlineMs: Number.POSITIVE_INFINITY,
      priority: undefined,
      idempotent: true,
    },
    sink,
    channel,
    BYTES,
    clock,
  )
  attempt.send()
  channel.close(() => told.push('channel closed'))
  attempt.onNoConnection(new Error('no connection'))
  expect(told).toEqual(['channel closed', 'settled'])
})
