import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Diary } from '../src/recording/diary.ts'
import { runScenario } from '../src/running/run-scenario.ts'
import { resolveScenario } from '../src/scenario/resolving/resolve-scenario.ts'
import { play, writeFiles } from './real-io.ts'
import { SIX_FAULTS, SIX_POLICIES } from './six-faults.ts'

let cwd = ''
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'seakeep-explain-'))
  writeFiles(cwd, { 'six.sim.yaml': SIX_FAULTS, 'policies.yaml': SIX_POLICIES })
})
afterAll(() => rmSync(cwd, { recursive: true }))

test('of six faults the one to blame is named, and what it did to the worst call', { timeout: 60_000 }, async () => {
  const { code, out } = await play(cwd, 'explain six.sim.yaml --seed 7')
  expect(code).toBe(0)
  expect(out).toMatch(/calls were not good; what cost most of their time:\n +[\d,]+ {2}slow payments \+1\.5s 50%\n/)
  expect(out).toContain('because of slow payments +1.5s 50%, since 0:40: it struck the call and cost 1.5s')
  expect(out).toMatch(/payments#\d +fault +slow payments \+1\.5s 50%: 1\.5s more work/)
})

test('a call is explained again by its name, with the change that is asked about', { timeout: 60_000 }, async () => {
  const worst = await play(cwd, 'explain six.sim.yaml --seed 7 --worst 2 --json -')
  const [call, other] = JSON.parse(worst.out).calls
  expect(other.id).not.toBe(call.id)
  const what = '--set faults.2.slow.add=0ms'
  const again = await play(cwd, `explain six.sim.yaml --seed 7 --call ${call.id} ${what}`)
  expect(again.out).toContain(`WHAT IF ${what}, the same seed`)
  expect(again.out).toMatch(new RegExp(`${call.id} {2}ok after 1\\.\\d+s -> ok after \\d+ms`))
  expect(again.out).toMatch(/gateway {2}goodput 8\d\.\d% -> (9\d\.\d+|100)%/)
})

test('what the pipeline decided stands between the steps', { timeout: 60_000 }, async () => {
  const tight = [
    'policies.targets.*.retry.attemptTimeout=100ms',
    'policies.targets.*.concurrency.limit=30',
    'policies.targets.*.circuitBreaker.openFor=5s',
  ]
  const line = `explain six.sim.yaml --seed 7 --worst 40 ${tight.map((one) => `--base-set ${one}`).join(' ')} --json -`
  const calls: { id: string; steps: Step[] }[] = JSON.parse((await play(cwd, line)).out).calls
  const steps = calls.flatMap((call) => call.steps)
  const said = (what: string): string[] => steps.filter((step) => step.what === what).map((step) => step.said)
  expect(said('pick')).toContainEqual(expect.stringMatching(/^payments#\d \(.*calls?.*\) over payments#\d \(/))
  expect(said('permit')).toContainEqual(expect.stringMatching(/^\d+ of 30 under way/))
  expect(said('budget').join(';')).toMatch(/pays for a retry|is empty: no retry/)
  // A pick stands before the attempt it leads to, with what is left of the time.
  for (const call of calls) {
    const picks = call.steps.flatMap((step, i) => (step.what === 'pick' ? [[step, call.steps.slice(i)] as const] : []))
    for (const [pick, later] of picks) {
      const [to = ''] = pick.said.split(' (')
      expect(
        later.some(
          ({ what, said: words, atMs }) => what.startsWith('attempt') && words === `to ${to}` && atMs >= pick.atMs,
        ),
      ).toBe(true)
      expect(pick.leftMs).toEqual(expect.any(Number))
    }
  }
})
interface Step {
  readonly atMs: number
  readonly what: string
  readonly said: string
  readonly leftMs: number
}

test('a timeout names the policy line that made it', { timeout: 60_000 }, async () => {
  const impatient = '--base-set policies.targets.*.retry.attemptTimeout=100ms'
  const { out } = await play(cwd, `explain six.sim.yaml --seed 7 --worst 20 ${impatient} --json -`)
  const decided = JSON.parse(out).calls.flatMap(
    (call: { decidedBy: { edge: string; path: string }[] }) => call.decidedBy,
  )
  expect(decided).toContainEqual(
    expect.objectContaining({ edge: 'client>gateway', path: 'retry.attemptTimeout', value: '100ms' }),
  )
})

test.each([
  [
    'six.sim.yaml --call client-999999',
    '--call: no call client-999999 has ended in this run; calls are named client-1',
  ],
  ['six.sim.yaml --call client-1 --worst 2', '--call and --worst exclude each other'],
  ['six.sim.yaml --worst 0', '--worst: 0 is not allowed'],
  ['', 'explain takes one scenario'],
])('explain %s is a slip', { timeout: 60_000 }, async (line, problem) => {
  const { code, err } = await play(cwd, `explain ${line}`)
  expect([code, err]).toEqual([2, expect.stringContaining(problem)])
})

test('whoever keeps stories changes nothing', { timeout: 60_000 }, async () => {
  const { default: shop } = await import('./shop.sim.ts')
  const scenario = resolveScenario(shop)
  const diary = new Diary({ worst: 5, fromUs: 0 })
  const [plain, told] = [await runScenario(scenario), await runScenario(scenario, { diary })]
  expect(told.document.traceHash).toBe(plain.document.traceHash)
  expect(diary.kept).toHaveLength(5)
  // Nor does who has pictures drawn; the calls of both have themselves explained.
  const drawn = await runScenario(scenario, { inDetail: true })
  expect(drawn.document.traceHash).toBe(plain.document.traceHash)
  const decided = drawn.document.detail?.calls.flatMap(({ call }) => call.decided ?? [])
  expect(decided?.map(({ what }) => what)).toContain('pick')
  const asked = new Diary({ worst: 5, fromUs: 0, calls: new Set(diary.kept.map(({ id }) => id)) })
  const explained = await runScenario(scenario, { diary: asked })
  expect(explained.document.traceHash).toBe(plain.document.traceHash)
  expect(asked.kept.every(({ explain }) => (explain?.().decisions.length ?? 0) > 0)).toBe(true)
  // Every call of a user that has ended is told once.
  const offered = Object.values(plain.document.workload).reduce((sum, one) => sum + one.offered - one.inFlight, 0)
  expect(diary.ended).toBe(offered)
})
