// What a runtime costs while nothing happens: ten targets, all policies on. The clock and the registry are the process's,
// and so is the knowledge of the ten services.
import { assembleRuntime, MemoryRegistry, realClock } from '@seakeep/core/spi'
import { work } from '../bare.ts'
import { cpuNowMs } from '../harness.ts'
import { bytesKept } from '../heap.ts'
import { documentOf, portsOf } from '../ports.ts'
import { rowOf, type Suite } from '../row.ts'
import { median, noiseOf } from '../statistics.ts'

const TARGETS = 10
const ATMOST = { perCallNs: 200_000, bytes: 50 * 1024 }
const RUNTIMES = 200
const AWAITS = 400_000
const WARM_UP_ROUNDS = 10

const policies = documentOf({
  timeout: '2s',
  retry: true,
  circuitBreaker: true,
  concurrency: { limit: 64 },
  outlier: true,
})
const clock = realClock()

function idleRuntime(registry: MemoryRegistry): unknown {
  const runtime = assembleRuntime({ service: 'bench', policies }, portsOf(clock, registry, []))
  for (let i = 0; i < TARGETS; i++) runtime.endpoints(`service-${i}`)
  return runtime
}

export const runtime: Suite = {
  name: 'runtime',
  run: async (rounds) => {
    const bare: number[] = []
    const idle: number[] = []
    for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
      // A registry knows who watches it: with one for all rounds, none of the runtimes would ever go.
      const registry = new MemoryRegistry(clock)
      const startMs = cpuNowMs()
      for (let i = 0; i < RUNTIMES; i++) idleRuntime(registry)
      const middleMs = cpuNowMs()
      for (let i = 0; i < AWAITS; i++) await work()
      const endMs = cpuNowMs()
      if (round < 0) continue
      idle.push(((middleMs - startMs) * 1e6) / RUNTIMES)
      bare.push(((endMs - middleMs) * 1e6) / AWAITS)
    }
    const registry = new MemoryRegistry(clock)
    const bytes = bytesKept(() => idleRuntime(registry), RUNTIMES)
    const ratios = idle.map((ns, at) => ns / bare[at]!)
    const name = `an idle runtime of ${TARGETS} targets`
    const measured = { name, ratio: median(ratios), noise: noiseOf(ratios), perCallNs: median(idle), bytes }
    return [
      rowOf('runtime', { name: 'bare await', ratio: 1, noise: 0, perCallNs: median(bare), bytes: 0 }),
      rowOf('runtime', measured, ATMOST),
    ]
  },
}
