// A short run of what `pnpm validation reality` does five of, so that the command is known to run. The bounds are loose, and
// those of time hold for a machine that has some left: what others take from timers the twin knows nothing of. The table is
// the measurement.
import { expect, it } from 'vitest'
import { figuresOf } from '../validation/reality/figures.ts'
import { arrivalsOf, type Plan, PROTOCOLS, WORK_P50_MS } from '../validation/reality/plan.ts'
import { runReal } from '../validation/reality/real-run.ts'
import { overheadsOf, runTwin } from '../validation/reality/twin.ts'

const SEED = 7
const MOST_CPU = 0.7
const IDLE: Plan = { servers: 3, rate: 20, lengthMs: 3000, warmupMs: 1000 }
const SHORT: Plan = {
  servers: 4,
  rate: 40,
  lengthMs: 8000,
  warmupMs: 1000,
  faults: {
    slow: { server: 2, addMs: 200, fromMs: 2000, forMs: 2000 },
    kill: { server: 3, atMs: 5000 },
  },
}

it('a real fleet of which one is slowed and one is killed, and its twin, fare alike', {
  timeout: 180_000,
}, async () => {
  const idle = await runReal(IDLE, SEED)
  const overheads = overheadsOf(IDLE, SEED, idle.samples)
  const { samples, cpuShare } = await runReal(SHORT, SEED)
  for (const protocol of PROTOCOLS) {
    expect(overheads[protocol].length).toBeGreaterThan(10)
    const calls = samples.filter((one) => one.protocol === protocol)
    expect(calls.map(({ dueMs }) => dueMs)).toEqual(arrivalsOf(SHORT, SEED, protocol))
    // Who is killed and what fails is tried again, at another's.
    expect(calls.filter(({ isAnswered }) => isAnswered).length / calls.length).toBeGreaterThan(0.95)

    const real = figuresOf(SHORT, protocol, samples)
    const twin = await runTwin(SHORT, SEED, protocol, overheads)
    const both = `${protocol}: real ${JSON.stringify(real)}, twin ${JSON.stringify(twin)}, CPU ${cpuShare}`
    for (const { p50Ms, amplification } of [real, twin]) {
      expect(p50Ms, both).toBeGreaterThan(0.8 * WORK_P50_MS)
      expect(amplification, both).toBeGreaterThan(1)
    }
    expect(Math.abs(twin.amplification - real.amplification), both).toBeLessThan(0.1)
    if (Math.max(idle.cpuShare, cpuShare) > MOST_CPU) continue
    expect(Math.abs(twin.goodput - real.goodput), both).toBeLessThan(0.1)
    expect(Math.abs(twin.p50Ms / real.p50Ms - 1), both).toBeLessThan(0.3)
  }
})
