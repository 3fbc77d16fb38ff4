// `inbound.shed` in the simulator: workers stand for the event loop.
import { describe, expect, it } from 'vitest'
import { exponential, poisson, service, simulate } from '../src/index.ts'

const CAPACITY = 1000

/** A server of 1,000 a second under a critical and a batch load, both with 500 ms of patience. */
async function under(critical: number, batch: number, shed: object | undefined) {
  return await simulate({
    duration: '60s',
    warmup: '20s',
    network: { latency: 0 },
    policies: shed === undefined ? { version: 1 } : { version: 1, inbound: { api: { shed } } },
    topology: { api: service({ concurrency: 10, work: exponential({ mean: '10ms' }) }) },
    workload: [
      poisson({ name: 'critical', to: 'api', rate: critical, deadline: '500ms', priority: 'critical' }),
      poisson({ name: 'batch', to: 'api', rate: batch, deadline: '500ms', priority: 'sheddable' }),
    ],
  })
}

describe('inbound.shed', () => {
  it('O6: serves the important first, and keeps the workers as busy as it is told', async () => {
    const bare = await under(600, 900, undefined)
    expect(bare.workload.critical?.goodput).toBeLessThan(0.05)
    const shed = await under(600, 900, { eventLoopUtilization: 0.95 })
    expect(shed.workload.critical?.goodput).toBeGreaterThan(0.995)
    // What is left of 95 % of the capacity: (950 - 600) of 900.
    expect(shed.workload.batch?.goodput).toBeGreaterThan(0.3)
    expect(shed.workload.batch?.goodput).toBeLessThan((CAPACITY - 600) / 900)
    expect(shed.services.api?.server.utilization).toBeGreaterThan(0.88)
    expect(shed.events$.some(({ type }) => type === 'sheddingStarted')).toBe(true)
  })

  it('sheds nothing while there is room, and by the wait for a worker where it is told to', async () => {
    const idle = await under(300, 300, true as never)
    expect(idle.services.api?.server.refused).toBe(0)
    const late = await under(600, 900, { eventLoopUtilization: 1, eventLoopDelay: '20ms' })
    expect(late.workload.critical?.goodput).toBeGreaterThan(0.995)
    expect(late.services.api?.latencyMs.p99).toBeLessThan(150)
  })
})
