import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { NodeLoadMonitor } from './node-load-monitor.ts'

it('tells a loop that is blocked from one that is idle, and holds a reading for 100 ms', async () => {
  using monitor = new NodeLoadMonitor()
  expect([monitor.utilization, monitor.loopDelayMs]).toEqual([0, 0])
  await sleep(30)
  for (let i = 0; i < 4; i++) {
    const until = performance.now() + 50
    while (performance.now() < until) {}
    await sleep(5)
  }
  const busy = [monitor.utilization, monitor.loopDelayMs] as const
  expect(busy[0]).toBeGreaterThan(0.5)
  expect(busy[1]).toBeGreaterThan(25)
  expect([monitor.utilization, monitor.loopDelayMs]).toEqual(busy)
  await sleep(300)
  expect(monitor.utilization).toBeLessThan(busy[0])
})
