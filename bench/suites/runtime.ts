// What a runtime costs while nothing happens: ten targets, all policies on. The clock and the registry are the process's,
// and so is the knowledge of the ten services.
import {
  assembleRuntime,
  MemoryRegistry,
  NO_EVENTS,
  NO_LOAD,
  NO_SIGNALS,
  parsePolicyDocument,
  realClock,
} from '@seakeep/core/spi'
import { bytesOf, cpuNowMs, median, rounded, type Suite } from '../harness.ts'

const TARGETS = 10
const MOST_BYTES = 50 * 1024
const MOST_US = 200

const policies = parsePolicyDocument({
  version: 1,
  targets: {
    '*': { timeout: '2s', retry: true, circuitBreaker: true, concurrency: { limit: 64 }, outlier: true },
  },
})

const clock = realClock()
const registry = new MemoryRegistry(clock)
/** As in production: one generator for everything. */
const stream = { next: Math.random }
const chance = { draw: Math.random, stream: () => stream }

function createIdle(): unknown {
  const runtime = assembleRuntime(
    { service: 'bench', policies },
    {
      clock,
      random: chance,
      events: NO_EVENTS,
      transports: [],
      registries: [registry],
      servers: [],
      load: NO_LOAD,
      signals: NO_SIGNALS,
    },
  )
  for (let i = 0; i < TARGETS; i++) runtime.endpoints(`service-${i}`)
  return runtime
}

export const runtime: Suite = {
  name: 'runtime',
  run: async (rounds) => {
    const batch = 200
    const times: number[] = []
    for (let round = -10; round < rounds; round++) {
      const before = cpuNowMs()
      for (let i = 0; i < batch; i++) createIdle()
      if (round >= 0) times.push(((cpuNowMs() - before) * 1000) / batch)
    }
    const us = median(times)
    const bytes = rounded(bytesOf(createIdle, batch), 0)
    const ok = us <= MOST_US && bytes <= MOST_BYTES
    const name = `an idle runtime of ${TARGETS} targets (at most ${MOST_US} µs, ${MOST_BYTES / 1024} KiB)`
    return [{ suite: 'runtime', name, ratio: rounded(us / MOST_US, 2), perCallNs: rounded(us * 1000, 0), bytes, ok }]
  },
}
