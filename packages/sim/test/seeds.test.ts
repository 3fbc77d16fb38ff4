// Seeds in shards, merged again; those that failed first.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunDocument } from '../src/recording/run-document.ts'
import { play, writeFiles } from './real-io.ts'

/** Fails with about every other seed. */
const COIN = `name: coin
duration: 3s
topology: { web: { work: { exponential: { mean: 10ms } } } }
workload: [{ poisson: { to: web, rate: 30 } }]
thresholds: { web.latency: ['max<50ms'] }
`
let cwd = ''
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'seakeep-seeds-'))
  writeFiles(cwd, { 'coin.sim.yaml': COIN })
})
afterAll(() => rmSync(cwd, { recursive: true }))

function runsIn(file: string): readonly Omit<RunDocument, 'wallMs'>[] {
  const { runs } = JSON.parse(readFileSync(join(cwd, file), 'utf8')) as { runs: RunDocument[] }
  return runs.map(({ wallMs: _, ...run }) => run)
}

test('three shards, merged, are the whole', async () => {
  const whole = await play(cwd, 'run coin.sim.yaml --seeds 8 --json whole.json')
  for (const part of [3, 1, 2])
    await play(cwd, `run coin.sim.yaml --seeds 8 --shard ${part}/3 --json part-${part}.json`)
  const merged = await play(cwd, 'merge part-2.json part-3.json part-1.json --json merged.json')
  expect(merged.code).toBe(whole.code)
  expect(runsIn('merged.json')).toEqual(runsIn('whole.json'))
  expect(merged.out).toContain('of 8 seeds passed')
})

test('shards that do not belong together are refused', async () => {
  await play(cwd, 'run coin.sim.yaml --seeds 2 --json one.json')
  await play(cwd, 'run coin.sim.yaml --seeds 2 --seed 3 --set thresholds={} --json other.json')
  writeFiles(cwd, { 'not.json': '{}' })
  for (const [files, problem] of [
    ['one.json one.json', 'seed 1 of coin is in one.json and in one.json'],
    ['one.json other.json', 'were run with other policies or thresholds'],
    ['not.json', 'not.json holds no run documents'],
    ['', 'nothing to merge'],
  ]) {
    const { code, err } = await play(cwd, `merge ${files}`)
    expect([code, err.replaceAll(/\S*\/(one|not)\.json/g, '$1.json')]).toEqual([
      2,
      expect.stringContaining(problem as string),
    ])
  }
})

test('seeds that failed are kept and run first, until they pass', async () => {
  rmSync(join(cwd, '.seakeep'), { recursive: true, force: true })
  const order = (out: string): number[] => [...out.matchAll(/^ {2}[✓✗] seed (\d+)/gm)].map(([, seed]) => Number(seed))
  const first = await play(cwd, 'run coin.sim.yaml --seeds 8 --json first.json')
  const failed = runsIn('first.json').flatMap(({ passed, seed }) => (passed ? [] : [seed]))
  expect(failed.length).toBeGreaterThan(1)
  expect(failed.length).toBeLessThan(7)
  expect(order(first.out)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  const kept = JSON.parse(readFileSync(join(cwd, '.seakeep/failing-seeds.json'), 'utf8'))
  expect(kept.files).toEqual({ 'coin.sim.yaml': failed })
  const again = await play(cwd, 'run coin.sim.yaml --seeds 8 --json again.json')
  expect(order(again.out).slice(0, failed.length)).toEqual(failed)
  // What is written is in the order of the seeds all the same.
  expect(runsIn('again.json')).toEqual(runsIn('first.json'))
  await play(cwd, 'run coin.sim.yaml --seeds 8 --set thresholds={}')
  expect(order((await play(cwd, 'run coin.sim.yaml --seeds 8')).out)[0]).toBe(1)
})

test('--bail stops at the first seed that fails, and begins with one that failed the last time', async () => {
  rmSync(join(cwd, '.seakeep'), { recursive: true, force: true })
  const { out } = await play(cwd, 'run coin.sim.yaml --seeds 8')
  const failing = Number(/^ {2}✗ seed (\d+)/m.exec(out)?.[1])
  const bailed = await play(cwd, 'run coin.sim.yaml --seeds 8 --bail')
  expect(bailed.out.match(/^ {2}[✓✗] seed \d+/gm)).toEqual([`  ✗ seed ${failing}`])
  expect(bailed.code).toBe(1)
})

test('--watch runs again after a change, in a process of its own, until Ctrl-C', async () => {
  const started: (readonly string[])[] = []
  let change: () => void = () => {}
  let interrupt: () => void = () => {}
  const { code, err } = await play(cwd, 'run coin.sim.yaml --watch --policies sub/p.yaml --seeds 2', {
    watchFolders(folders, told) {
      expect(folders).toEqual([cwd, join(cwd, 'sub')])
      change = told
      return { [Symbol.dispose]: () => {} }
    },
    onInterrupt(told) {
      interrupt = told
      return { [Symbol.dispose]: () => {} }
    },
    runAgain: async (args) => {
      started.push(args)
      if (started.length === 3) interrupt()
      else change()
      return started.length === 1 ? 1 : 0
    },
  })
  expect(code).toBe(130)
  expect(started).toEqual(
    Array.from({ length: 3 }, () => ['run', 'coin.sim.yaml', '--policies', 'sub/p.yaml', '--seeds', '2']),
  )
  expect(err).toContain('✗ exit 1; waiting for a change')
})
