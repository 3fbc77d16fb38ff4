import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hrtime } from 'node:process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { play, wordsOf, writeFiles } from './real-io.ts'
import { SIX_FAULTS, SIX_POLICIES } from './six-faults.ts'

let cwd = ''
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'seakeep-shrink-'))
  writeFiles(cwd, { 'six.sim.yaml': SIX_FAULTS, 'policies.yaml': SIX_POLICIES })
  writeFiles(cwd, { 'calm.sim.yaml': SIX_FAULTS.replace(/faults:[\s\S]*?thresholds/, 'thresholds') })
  writeFiles(cwd, {
    'code.sim.mjs': `export default { topology: { web: { app: () => { throw new Error('no') }, onThrow: 'fail' } },
      workload: [{ poisson: { to: 'web', rate: 50 } }], duration: '3s', thresholds: { 'web.errors': ['ratio<0.5'] } }`,
  })
})
afterAll(() => rmSync(cwd, { recursive: true }))

test('six faults, one of them to blame: that one is left, and its command gives the same trace', {
  timeout: 120_000,
}, async () => {
  const wallNow = (): number => Number(hrtime.bigint() / 1_000_000n)
  const { code, out } = await play(cwd, 'shrink six.sim.yaml --seed 7 -o small/six.sim.yaml', { wallNow })
  expect(code).toBe(0)
  // Within its budget of 60 s.
  expect(out).not.toContain('stopped at')
  const small = parse(readFileSync(join(cwd, 'small/six.sim.yaml'), 'utf8'))
  expect(small.faults).toEqual([{ at: expect.any(String), slow: expect.objectContaining({ target: 'payments' }) }])
  expect(Object.keys(small.topology)).toEqual(['gateway', 'orders', 'payments'])
  expect(small.seed).toBe(7)
  const trace = /trace +(\S+)/.exec(out)?.[1]
  const command = /replay +seakeep (.*)/.exec(out)?.[1] ?? ''
  expect(wordsOf(command)[0]).toBe('replay')
  const replayed = await play(cwd, command)
  expect(replayed.code).toBe(1)
  expect(replayed.out).toContain(`trace     ${trace}`)
  expect(replayed.out).toMatch(/✗ +gateway\.goodput/)
  const explained = await play(cwd, 'explain small/six.sim.yaml --seed 7')
  expect(explained.out).toMatch(/because of slow payments/)
  // A failure of a handful of calls would be an accident of theirs, and another failure.
  expect(Number(/gateway +([\d,]+) /.exec(replayed.out)?.[1])).toBeGreaterThanOrEqual(100)
})

test('a name that ends in .json gets JSON; out of time, the smallest so far', { timeout: 60_000 }, async () => {
  let now = 0
  const { code, out } = await play(
    cwd,
    'shrink six.sim.yaml --seed 7 --budget 10s --threshold gateway.goodput -o small.json',
    {
      // Each look at the clock is half a second on: time for faults, and for little else.
      wallNow: () => (now += 500),
    },
  )
  expect(code).toBe(0)
  expect(out).toContain('stopped at 10s')
  expect(JSON.parse(readFileSync(join(cwd, 'small.json'), 'utf8')).faults).toHaveLength(1)
})

test.each([
  ['calm.sim.yaml', 'calm.sim.yaml does not fail with seed 1: all 2 thresholds hold; there is nothing to shrink'],
  ['six.sim.yaml --threshold gateway.latency', 'does not fail with seed 1: gateway.latency holds'],
  ['six.sim.yaml --threshold gateway.errors', 'the scenario has none of gateway.errors; it has gateway.goodput'],
  ['code.sim.mjs', 'topology.web.app: is code, which cannot be written as data'],
  ['', 'shrink takes one scenario'],
])('shrink %s is refused', { timeout: 60_000 }, async (line, problem) => {
  const { code, err } = await play(cwd, `shrink ${line}`)
  expect([code, err]).toEqual([2, expect.stringContaining(problem)])
})
