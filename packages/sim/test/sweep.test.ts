import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { play, writeFiles } from './real-io.ts'

/** A till whose payments lose one instance to slowness; what a retry costs and brings depends on its timeout. */
const TILL = `name: till
duration: 20s
warmup: 2s
policies: ./policies.yaml
topology:
  till: { calls: [pay] }
  pay: { replicas: 4, concurrency: 8, queue: 40, work: { lognormal: { p50: 20ms, p99: 60ms } } }
workload: [{ poisson: { to: till, rate: 60, deadline: 400ms } }]
faults: [{ at: 6s, slow: { target: 'pay#2', add: 600ms, for: 8s } }]
`
const POLICIES = 'version: 1\ntargets: { pay: { timeout: 380ms, retry: { maxAttempts: 2, attemptTimeout: 120ms } } }\n'

let cwd = ''
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'seakeep-sweep-'))
  writeFiles(cwd, { 'till.sim.yaml': TILL, 'policies.yaml': POLICIES })
})
afterAll(() => rmSync(cwd, { recursive: true }))

test('a grid: the best, the front, and a map of two fields', { timeout: 60_000 }, async () => {
  const vary = '--vary policies.pay.retry.maxAttempts=1..3 --vary policies.pay.retry.attemptTimeout=10ms,120ms'
  const line = `sweep till.sim.yaml ${vary} --seeds 2 --objective till.goodput --objective till>pay.amplification`
  const { code, out } = await play(cwd, `${line} --json swept.json`)
  expect(code).toBe(0)
  const swept = JSON.parse(readFileSync(join(cwd, 'swept.json'), 'utf8'))
  expect(swept.points).toHaveLength(6)
  // Nobody answers within 10 ms; a second attempt mends what a slow instance does.
  expect(swept.points[swept.best].set[1]).toContain('=120ms')
  expect(swept.points[swept.best].set[0]).not.toContain('=1')
  const [one] = swept.points.filter(
    ({ set }: { set: string[] }) => set[0]?.endsWith('=1') && set[1]?.endsWith('=120ms'),
  )
  // One attempt a call is the cheapest there is: nothing beats it in both.
  expect([one.onFront, one.objectives['till>pay.amplification']]).toEqual([true, 1])
  expect(out).toContain('till.goodput: pay.retry.maxAttempts down, pay.retry.attemptTimeout across')
})

test('bounds decide before the objective does; where none is kept, that is exit 1', { timeout: 60_000 }, async () => {
  const vary = 'sweep till.sim.yaml --vary policies.pay.retry.maxAttempts=1..3 --seeds 2'
  const { out, code } = await play(cwd, `${vary} --subject-to 'till>pay.amplification<=1.0'`)
  expect([code, out]).toEqual([0, expect.stringMatching(/★ best: --set \S+maxAttempts=1\n/)])
  const none = await play(cwd, `${vary} --subject-to 'till.latency.p50<1ms'`)
  expect([none.code, none.out]).toEqual([1, expect.stringContaining('no combination keeps the bounds')])
})

test('a suggested document is better than our defaults and than the hurried one, with seeds it has not seen', {
  timeout: 120_000,
}, async () => {
  const storm = TILL.replace('rate: 60', 'rate: 90')
    .replace('replicas: 4, concurrency: 8', 'replicas: 3, concurrency: 2')
    .replace("'pay#2', add: 600ms", 'pay, factor: 4')
  writeFiles(cwd, { 'storm.sim.yaml': storm })
  const { code, out } = await play(
    cwd,
    'sweep storm.sim.yaml --suggest --seeds 8 -o suggested.yaml --json suggested.json',
  )
  const suggested = JSON.parse(readFileSync(join(cwd, 'suggested.json'), 'utf8'))
  expect(suggested.heldOut.some((seed: number) => suggested.learned.includes(seed))).toBe(false)
  const goodput = suggested.comparisons.map(
    ({ comparison }: { comparison: { figures: { figure: string; verdict: string }[] } }) =>
      comparison.figures.find(({ figure }) => figure === 'till.goodput'),
  )
  expect(goodput).toEqual([
    expect.objectContaining({ verdict: 'better' }),
    expect.objectContaining({ verdict: 'better' }),
  ])
  expect(code).toBe(0)
  expect(out).toContain('base our defaults, head the suggested document')
  expect(readFileSync(join(cwd, 'suggested.yaml'), 'utf8')).toMatch(
    /^# Suggested by .*\n# till\.goodput: .*with our defaults/,
  )
  // It is a document as any other.
  expect((await play(cwd, 'run storm.sim.yaml --policies suggested.yaml')).code).toBe(0)
})

test.each([
  ['till.sim.yaml', 'nothing is varied'],
  [
    'till.sim.yaml --vary topology.pya.replicas=1..3',
    '"pya" is not in topology; allowed: till, pay; did you mean pay?',
  ],
  ['till.sim.yaml --vary topology.pay.replicas=2..3 --objective till.goodputt', 'till.goodputt names no figure'],
  ['till.sim.yaml --vary topology.pay.replicas=2..3 --objective tlil.goodput --seeds 1', 'no tlil.goodput is measured'],
  ["till.sim.yaml --vary topology.pay.replicas=2..3 --subject-to 'till.goodput'", 'bounds nothing'],
  ["till.sim.yaml --vary topology.pay.replicas=2..3 --subject-to 'till.latency.p99<fast'", 'bounds nothing'],
  ['till.sim.yaml --suggest --vary topology.pay.replicas=2..3', '--suggest varies what it sees fit'],
])('sweep %s is a slip', { timeout: 30_000 }, async (line, problem) => {
  const { code, err } = await play(cwd, `sweep ${line}`)
  expect([code, err]).toEqual([2, expect.stringContaining(problem)])
})
