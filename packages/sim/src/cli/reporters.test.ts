import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FakeIo, fakeIo, fakeRun } from '../../test/fake-run.ts'
import type { RunDocument } from '../recording/run-document.ts'
import { runCli } from './commands.ts'
import type { CliIo, SimulateOptions } from './io.ts'

let cwd = ''
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'seakeep-reporters-'))
  const scenario = 'topology: { web: {} }\nworkload: [{ poisson: { to: web, rate: 1 } }]\n'
  writeFileSync(join(cwd, 'shop.sim.yaml'), `name: the shop\n${scenario}`)
  writeFileSync(join(cwd, 'copy.sim.yaml'), `name: the shop\n${scenario}`)
})
afterAll(() => rmSync(cwd, { recursive: true }))

const THRESHOLD = { metric: 'web.goodput', expression: 'ratio>=0.99', value: 0.9, ok: false }
const DETAIL = {
  ...{ stepMs: 1000, durationMs: 1000, warmupMs: 0, faults: [], services: {}, edges: {}, workload: {}, limits: {} },
  calls: [],
}
/** Odd seeds fail; detail is there where it was asked for. */
function simulated(seed: number, { inDetail, onEvent }: SimulateOptions): Partial<RunDocument> {
  onEvent?.({ atMs: 1, type: 'faultBegan', fault: 'slow web' })
  const verdict = seed % 2 === 1 ? { passed: false, thresholds: [THRESHOLD] } : {}
  return { ...verdict, ...(inDetail === true ? { detail: DETAIL } : {}) }
}

async function cli(
  args: string,
  change: Partial<CliIo> = {},
): Promise<{ code: number; out: string; err: string; io: FakeIo }> {
  const io = fakeIo({ cwd, ...change }, (scenario, options) => fakeRun(scenario, simulated(scenario.seed, options)))
  const code = await runCli(args.split(' '), io)
  return { code, ...io.printed, io }
}
const namesOf = (io: FakeIo): string[] => [...io.files.keys()].map((path) => path.slice(cwd.length + 1)).sort()

test('several reporters write each its own file, and the exit code is still that of the runs', async () => {
  const { code, out, io } = await cli(
    'run shop.sim.yaml --reporter pretty,json,ndjson,junit,github,html --output-dir out',
  )
  expect(code).toBe(1)
  expect(namesOf(io)).toEqual(
    ['events.ndjson', 'junit.xml', 'summary.md', 'the-shop-seed-1.json', 'the-shop.html'].map((name) => `out/${name}`),
  )
  expect(out).toContain('✗ the shop  failed')
  expect(out).toContain('::error file=shop.sim.yaml,title=the shop::web.goodput is 90.0%25')
  expect(out).toContain(`report  ${join(cwd, 'out/the-shop.html')}`)
})

test('the report in HTML is one file that names the scenario and loads nothing', async () => {
  const { io } = await cli('run shop.sim.yaml --reporter html')
  expect(namesOf(io)).toEqual(['seakeep-report/the-shop.html'])
  const [html = ''] = io.files.values()
  expect(html).toContain('<h1>the shop</h1>')
  expect(html).toContain('seakeep replay shop.sim.yaml --seed 1')
  expect(html).not.toMatch(/<(script|link|img|iframe)[^>]+(src|href)=/)
})

test('a document holds no detail unless it was asked for', async () => {
  const plain = await cli('run shop.sim.yaml --reporter html --json run.json')
  const kept = await cli('run shop.sim.yaml --detail --json run.json')
  const documentOf = (io: FakeIo): RunDocument => JSON.parse(io.files.get(join(cwd, 'run.json')) ?? '')
  expect(documentOf(plain.io).detail).toBeUndefined()
  expect(documentOf(kept.io).detail).toEqual(DETAIL)
})

test('of several seeds the first that failed is shown', async () => {
  const { io } = await cli('run shop.sim.yaml --seed 2 --seeds 3 --reporter html')
  const [html = ''] = io.files.values()
  const data = JSON.parse(/id="seakeep-data">(.*?)<\/script>/s.exec(html)?.[1] ?? '')
  expect(data.run.run.seed).toBe(3)
  expect(data.seeds.map(({ seed, passed }: { seed: number; passed: boolean }) => [seed, passed])).toEqual([
    [2, true],
    [3, false],
    [4, true],
  ])
})

test('scenarios of one name do not overwrite each other’s reports', async () => {
  const { io } = await cli('run shop.sim.yaml copy.sim.yaml --reporter html --output-dir out')
  expect(namesOf(io)).toEqual(['out/the-shop-2.html', 'out/the-shop.html'])
})

test('standard output is all a program’s: what people read goes to standard error', async () => {
  const { out, err } = await cli('run shop.sim.yaml --reporter pretty,ndjson,github')
  const lines = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).line)
  expect(lines).toEqual(['runBegan', 'event', 'threshold', 'runEnded'])
  expect(err).toContain('✗ the shop  failed')
  expect(err).toContain('::error')
})

test('the step summary is added to what is there', async () => {
  const env = { GITHUB_STEP_SUMMARY: join(cwd, 'step.md') }
  const io = fakeIo({ cwd, env }, (scenario, options) => fakeRun(scenario, simulated(scenario.seed, options)))
  io.files.set(env.GITHUB_STEP_SUMMARY, 'before\n')
  await runCli(['run', 'shop.sim.yaml', '--reporter', 'github'], io)
  expect(io.files.get(env.GITHUB_STEP_SUMMARY)).toMatch(/^before\n### ❌ the shop: failed/)
})

test('a file that cannot be used is an error of every report', async () => {
  const { code, out } = await cli('run missing.sim.ts --reporter junit')
  expect(code).toBe(2)
  expect(out).toContain('<testsuite name="missing.sim.ts" tests="1" failures="0" errors="1"')
  expect(out).toContain('does not exist')
})

test('report makes from documents what run would have made', async () => {
  const { io } = await cli('run shop.sim.yaml --seeds 2 --detail --json runs.json')
  const text = io.files.get(join(cwd, 'runs.json')) ?? ''
  writeFileSync(join(cwd, 'runs.json'), text)
  const junit = await cli('report runs.json --reporter junit')
  expect(junit.code).toBe(0)
  expect(junit.out).toContain('<testsuite name="the shop" tests="2" failures="1" errors="0"')
  const html = await cli('report runs.json -o there.html')
  expect(namesOf(html.io)).toEqual(['there.html'])
  expect(html.out).toBe(`  report  ${join(cwd, 'there.html')}\n`)
  expect(html.io.files.get(join(cwd, 'there.html'))).toContain('"seeds":[{"seed":1')
})

test('report lays two runs of one scenario over each other, and refuses two of different ones', async () => {
  const { io } = await cli('run shop.sim.yaml --json one.json')
  const text = io.files.get(join(cwd, 'one.json')) ?? ''
  writeFileSync(join(cwd, 'one.json'), text)
  writeFileSync(join(cwd, 'other.json'), text.replaceAll('the shop', 'another'))
  const same = await cli('report one.json --base one.json')
  expect(namesOf(same.io)).toEqual(['seakeep-report/compare.html'])
  expect([...same.io.files.values()][0]).toContain('"base":{"label":"one.json"')
  const different = await cli('report one.json --base other.json')
  expect(different.code).toBe(2)
  expect(different.err).toContain('--base: other.json is a run of another, not of the shop')
})
