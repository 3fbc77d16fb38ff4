import { describe, expect, it } from 'vitest'
import type { HealthResult } from '../health/health-checker.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import type { Transport } from '../transport/transport.ts'
import { TransportChecker } from './transport-checker.ts'

const address = { host: 'a', port: 80 }
const endpoint = { id: 'a', service: 'orders', address, protocol: 'memory', weight: 1 }

function check(send: Transport['send']): { clock: ManualClock; told: HealthResult[] } {
  const clock = new ManualClock()
  const transport: Transport = { protocol: 'memory', send, close: (_deadlineMs, done) => done() }
  const told: HealthResult[] = []
  const checker = new TransportChecker('orders', clock, () => transport)
  checker.check(endpoint, { kind: 'http', path: '/readyz' }, 500, (result) => void told.push(result))
  return { clock, told }
}

describe('TransportChecker', () => {
  it('takes a transport that throws for ill health, and waits for nothing more', () => {
    const { clock, told } = check(() => {
      throw new Error('bad transport')
    })
    expect(told).toEqual([{ isHealthy: false, reason: 'bad transport' }])
    expect(clock.pending).toBe(0)
  })

  it.each(['at once', 'later'])('calls the rest of a streamed answer off when its head is there, %s', (when) => {
    const cancelled: unknown[] = []
    let commit = (): void => {}
    const { clock, told } = check((_attempt, sink) => {
      commit = () => sink.commit({ status: 200 })
      if (when === 'at once') commit()
      return (reason) => void cancelled.push(reason)
    })
    if (when === 'later') commit()
    expect(told).toEqual([{ isHealthy: true, reason: 'answered 200' }])
    expect(cancelled).toEqual(['cancelled'])
    expect(clock.pending).toBe(0)
  })
})
