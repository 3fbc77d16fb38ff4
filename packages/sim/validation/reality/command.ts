// `pnpm validation reality [--json FILE]`: five runs of a real fleet, and what its simulated twin has said would happen; exit 1
// where they do not agree. About four minutes, most of them real time.
import { writeFileSync } from 'node:fs'
import { BOUNDS, type Figure, type Figures, figuresOf, judge, quantile, type RealityRow } from './figures.ts'
import { IDLE, PLAN, PROTOCOLS } from './plan.ts'
import { runReal } from './real-run.ts'
import { overheadsOf, runTwin } from './twin.ts'

const SEEDS = [1, 2, 3, 4, 5]
const IDLE_SEED = 100
/** What handlers wait on are timers: above it they are late for want of a processor, which the twin has enough of. */
const MOST_CPU = 0.5

export interface RealityCommand {
  readonly json?: string | undefined
}

/** Answers with the exit code. */
export async function validateReality({ json }: RealityCommand): Promise<number> {
  const startedMs = performance.now()
  console.error('… idle')
  const idle = await runReal(IDLE, IDLE_SEED)
  const overheads = overheadsOf(IDLE, IDLE_SEED, idle.samples)
  for (const protocol of PROTOCOLS) {
    const [p50, p99] = [0.5, 0.99].map((q) => quantile(overheads[protocol], q).toFixed(1))
    console.log(`idle, ${protocol}: a call takes ${p50} ms longer than its work, ${p99} ms at p99`)
  }
  const shares = [idle.cpuShare]
  const reals = []
  for (const seed of SEEDS) {
    console.error(`… run ${seed} of ${SEEDS.length}`)
    const run = await runReal(PLAN, seed)
    reals.push(run)
    shares.push(run.cpuShare)
  }
  const rows: RealityRow[] = []
  console.log(`\n${HEAD}`)
  for (const protocol of PROTOCOLS) {
    const real = reals.map(({ samples }) => figuresOf(PLAN, protocol, samples))
    const twin: Figures[] = []
    for (const seed of SEEDS) twin.push(await runTwin(PLAN, seed, protocol, overheads))
    for (const figure of Object.keys(BOUNDS) as Figure[]) {
      const row = judge(protocol, figure, real, twin)
      rows.push(row)
      console.log(rowLine(row))
    }
  }
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(rows, null, 2)}\n`)
  const bad = rows.filter(({ ok }) => !ok).length
  const tookSeconds = Math.round((performance.now() - startedMs) / 1000)
  console.log(`\n${rows.length - bad} of ${rows.length} agree, ${tookSeconds} s`)
  console.log(`CPU of the whole machine, idle run first: ${shares.map(percent).join(', ')}`)
  if (Math.max(...shares) > MOST_CPU) {
    console.log('The machine was more than half busy: these are figures of what else it did, too.')
  }
  return bad === 0 ? 0 : 1
}

const TITLES: Readonly<Record<Figure, string>> = {
  goodput: 'goodput',
  p50Ms: 'p50',
  p99Ms: 'p99',
  amplification: 'attempts a call',
}
const WIDTHS = [9, 20, 9, 20, 8]
const HEAD = line('', '', 'real', 'least to most', 'twin', 'least to most', 'allowed')

function rowLine(row: RealityRow): string {
  const { protocol, figure, real, realLeast, realMost, twin, twinLeast, twinMost, allowed, ok } = row
  const cell = (value: number): string => text(figure, value)
  const spread = (least: number, most: number): string => `${cell(least)} to ${cell(most)}`
  const sides = [cell(real), spread(realLeast, realMost), cell(twin), spread(twinLeast, twinMost)] as const
  return `${line(protocol, TITLES[figure], ...sides, allowed)}${ok ? '' : '  ✗'}`
}

function text(figure: Figure, value: number): string {
  if (figure === 'goodput') return `${(100 * value).toFixed(2)} %`
  return figure === 'amplification' ? value.toFixed(3) : `${value.toFixed(1)} ms`
}

function line(...[protocol = '', figure = '', ...cells]: readonly string[]): string {
  return `${protocol.padEnd(6)}${figure.padEnd(16)}${cells.map((cell, at) => cell.padStart(WIDTHS[at] ?? 0)).join('  ')}`
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`
}
