import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { PageData } from '../src/reporting/page-data.ts'
import { play, writeFiles } from './real-io.ts'

const SCENARIO = `name: till
duration: 8s
warmup: 1s
network: { latency: 0.5ms }
topology:
  till: { calls: [pay] }
  pay: { replicas: 2, concurrency: 8, queue: 40, work: { lognormal: { p50: 20ms, p99: 80ms } } }
workload: [{ poisson: { to: till, rate: 60, deadline: 300ms } }]
`
const STORM = SCENARIO.replace('rate: 60', 'rate: 110')
  .replace('concurrency: 8', 'concurrency: 2')
  .concat('faults: [{ at: 3s, slow: { target: pay, add: 250ms, ratio: 0.6, for: 2s } }]\n')
const CAREFUL =
  'version: 1\ntargets: { pay: { timeout: 280ms, retry: { maxAttempts: 2, attemptTimeout: 140ms, budget: { ratio: 10% } } } }\n'
const EAGER =
  'version: 1\ntargets: { pay: { timeout: 280ms, retry: { maxAttempts: 6, attemptTimeout: 60ms, budget: false, backoff: { initial: 1ms } } } }\n'

let cwd = ''
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'seakeep-compare-'))
  writeFiles(cwd, { 'till.sim.yaml': SCENARIO, 'storm.sim.yaml': STORM, 'careful.yaml': CAREFUL, 'eager.yaml': EAGER })
  writeFiles(cwd, { 'same.yaml': `# said differently\n${CAREFUL.replace('10%', '0.1')}` })
})
afterAll(() => rmSync(cwd, { recursive: true }))

interface Compared {
  readonly passed: boolean
  readonly comparisons: readonly {
    readonly identical: number
    readonly figures: readonly { readonly figure: string; readonly verdict: string; readonly difference: number }[]
  }[]
}
async function compared(line: string): Promise<Compared & { readonly code: number }> {
  const { code, out } = await play(cwd, `compare ${line} --json -`)
  return { code, ...(JSON.parse(out) as Compared) }
}
function worse({ comparisons }: Compared): readonly string[] {
  return comparisons.flatMap(({ figures }) =>
    figures.flatMap(({ figure, verdict }) => (verdict === 'worse' ? [figure] : [])),
  )
}

test('code that is the same shows no regression in any of 50 tries', { timeout: 120_000 }, async () => {
  for (let i = 0; i < 50; i++) {
    const line = `till.sim.yaml --base careful.yaml --head same.yaml --seeds 2 --seed ${1 + 10 * i} --duration 3s`
    const { code, comparisons, passed } = await compared(line)
    expect([code, passed, comparisons[0]?.identical]).toEqual([0, true, 2])
  }
})

test('a p99 that is 5 % longer is found in at least 9 of 10 tries', { timeout: 120_000 }, async () => {
  let found = 0
  for (let i = 0; i < 10; i++) {
    const slower = '--head-set topology.pay.work.lognormal.p50=21ms --head-set topology.pay.work.lognormal.p99=84ms'
    const result = await compared(`till.sim.yaml ${slower} --seeds 8 --seed ${1 + 100 * i}`)
    if (worse(result).includes('till.latency.p99') && result.code === 1) found += 1
  }
  expect(found).toBeGreaterThanOrEqual(9)
})

test('a worse retry policy is found by goodput and by amplification', { timeout: 60_000 }, async () => {
  const result = await compared('storm.sim.yaml --base careful.yaml --head eager.yaml --seeds 8')
  expect(result.code).toBe(1)
  expect(worse(result)).toEqual(expect.arrayContaining(['till.goodput', 'till>pay.amplification']))
})

test('the other way round it is better, and no regression', { timeout: 60_000 }, async () => {
  const { code, out } = await play(cwd, 'compare storm.sim.yaml --base eager.yaml --head careful.yaml --seeds 8')
  expect(code).toBe(0)
  expect(out).toMatch(/✓ {2}till\.goodput .* in 8 of 8 +better/)
})

test('runs that are the same are said to be identical', async () => {
  const { code, out } = await play(cwd, 'compare till.sim.yaml --base careful.yaml --head same.yaml --seeds 2')
  expect(code).toBe(0)
  expect(out).toContain('identical: every run is the same on both sides, fact by fact')
})

test('both sides lie over each other in the HTML report, with a ribbon of each', { timeout: 60_000 }, async () => {
  const line = 'compare storm.sim.yaml --base careful.yaml --head eager.yaml --seeds 6 --reporter html --output-dir out'
  const { code, out } = await play(cwd, line)
  expect([code, out]).toEqual([1, `  report  ${join(cwd, 'out/till-compared.html')}\n`])
  const page = readFileSync(join(cwd, 'out/till-compared.html'), 'utf8')
  const [, text = ''] = /<script[^>]*id="seakeep-data"[^>]*>(.*?)<\/script>/s.exec(page) ?? []
  const { run, base, seeds = [], baseSeeds = [], comparison } = JSON.parse(text) as PageData
  expect([run.label, base?.label, seeds.length, baseSeeds.length]).toEqual(['eager.yaml', 'careful.yaml', 6, 6])
  // What is drawn is the runs that were measured: recording pictures changes no trace.
  expect(run.run.traceHash).toBe(seeds.find(({ seed }) => seed === run.run.seed)?.traceHash)
  expect(base?.run.traceHash).toBe(baseSeeds.find(({ seed }) => seed === run.run.seed)?.traceHash)
  expect(run.run.detail?.calls.length).toBeGreaterThan(0)
  expect(comparison?.lines.find(({ figure }) => figure === 'till.goodput')).toMatchObject({ sign: '✗', tone: 'bad' })
})

test('a tolerance forgives what is within it', { timeout: 60_000 }, async () => {
  const slower = 'till.sim.yaml --head-set topology.pay.work.lognormal.p50=21ms --seeds 8'
  expect((await compared(slower)).code).toBe(1)
  expect((await compared(`${slower} --tolerance latency.p50=10% --tolerance latency.p95=10%`)).code).toBe(0)
})

test('a baseline is the base of a later day', { timeout: 60_000 }, async () => {
  const saved = await play(cwd, 'compare storm.sim.yaml --head careful.yaml --seeds 6 --save-baseline base.json')
  expect([saved.code, saved.out]).toEqual([0, '  till: 6 seeds kept in base.json\n'])
  const again = await play(cwd, 'compare storm.sim.yaml --head same.yaml --seeds 6 --baseline base.json')
  expect([again.code, again.out]).toEqual([0, expect.stringContaining('identical')])
  expect((await compared('storm.sim.yaml --head eager.yaml --seeds 6 --baseline base.json')).code).toBe(1)
})

test.each([
  ['till.sim.yaml --seeds 3', 'the scenario has changed since'],
  ['other.sim.yaml --seeds 3', 'it is of another scenario, till'],
  ['storm.sim.yaml --seeds 4', 'it was run with seeds 1 to 3, this with seeds 1 to 4'],
  ['storm.sim.yaml --seeds 3 --seed 2', 'it was run with seeds 1 to 3, this with seeds 2 to 4'],
  ['storm.sim.yaml --seeds 3 --duration 7s', 'the scenario has changed since'],
])('a baseline that says nothing of %s is refused', { timeout: 60_000 }, async (line, problem) => {
  writeFiles(cwd, { 'other.sim.yaml': SCENARIO.replace('name: till', 'name: other') })
  await play(cwd, 'compare storm.sim.yaml --head careful.yaml --seeds 3 --save-baseline three.json')
  const { code, err } = await play(cwd, `compare ${line} --head careful.yaml --baseline three.json`)
  expect(code).toBe(2)
  expect(err).toContain(problem)
})

test('a baseline of another schema is refused', async () => {
  await play(cwd, 'compare till.sim.yaml --head careful.yaml --seeds 1 --save-baseline old.json')
  const text = readFileSync(join(cwd, 'old.json'), 'utf8').replace('seakeep.baseline/1', 'seakeep.baseline/0')
  writeFiles(cwd, { 'old.json': text, 'none.json': '{"schema":"seakeep.run/1"}', 'torn.json': '{"sch' })
  for (const [file, problem] of [
    ['old.json', 'its schema is seakeep.baseline/0, not seakeep.baseline/1'],
    ['none.json', 'its schema is seakeep.run/1'],
    ['torn.json', 'torn.json is no JSON'],
    ['missing.json', 'missing.json does not exist'],
  ]) {
    const { code, err } = await play(cwd, `compare till.sim.yaml --seeds 1 --baseline ${file}`)
    expect([code, err]).toEqual([2, expect.stringContaining(problem as string)])
  }
})

test('sides that would be judged by different deadlines are refused', async () => {
  writeFiles(cwd, {
    'patient.sim.yaml': SCENARIO.replace(', deadline: 300ms', ''),
    'short.yaml': 'version: 1\ntargets: { till: { timeout: 1s } }\n',
    'long.yaml': 'version: 1\ntargets: { till: { timeout: 2s } }\n',
  })
  const { code, err } = await play(cwd, 'compare patient.sim.yaml --base short.yaml --head long.yaml --seeds 1')
  expect(code).toBe(2)
  expect(err).toContain('1s (base) and 2s (head); give the workload a deadline')
})

test.each([
  ['', 'no scenario is named'],
  ['till.sim.yaml', 'there is nothing to compare; name --base and --head'],
  ['till.sim.yaml --base careful.yaml --baseline b.json', 'the base is --base or --baseline, not both'],
  ['till.sim.yaml --head eager.yaml --tolerance latency.p98=5%', 'latency.p98 ends in no figure'],
  ['till.sim.yaml --head eager.yaml --tolerance gatway.goodput=0.1 --seeds 1', 'no figure gatway.goodput is compared'],
  ['till.sim.yaml --head eager.yaml --tolerance goodput=lots', 'lots is no amount'],
  ['till.sim.yaml --head eager.yaml --reporter junit', 'unknown reporter junit; one of pretty, html'],
  ['till.sim.yaml --baseline b.json --reporter html', 'a baseline keeps figures, of which no picture can be drawn'],
  ['till.sim.yaml --head missing.yaml', 'missing.yaml does not exist'],
])('compare %s is a slip', async (line, problem) => {
  const { code, err } = await play(cwd, `compare ${line}`)
  expect([code, err]).toEqual([2, expect.stringContaining(problem)])
})

test('Ctrl-C keeps the pairs that were measured', async () => {
  let made = 0
  const pressed = await play(
    cwd,
    'compare till.sim.yaml --base careful.yaml --head eager.yaml --seeds 50 --duration 2s',
    {
      onInterrupt(told) {
        interrupt = told
        return { [Symbol.dispose]: () => {} }
      },
      isErrTty: true,
      err: (text) => {
        if (text.includes(' runs')) made += 1
        if (made === 7) interrupt()
      },
    },
  )
  expect(pressed.code).toBe(130)
  expect(pressed.out).toContain('seeds 1 to 3 (interrupted)')
})
let interrupt: () => void = () => {}
