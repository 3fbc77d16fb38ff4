// What a shell and a CI job see of real processes: nothing that threw passes, and Ctrl-C keeps what was measured.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { wordsOf, writeFiles } from './real-io.ts'

const MAIN = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))
const THROWING = `export default { name: 'broken', duration: '2s',
  topology: { web: { app: () => { throw new Error('no') } } },
  workload: [{ poisson: { to: 'web', rate: 50 } }], thresholds: { 'web.errors': ['ratio<0.5'] } }`
const CALM = `name: calm
duration: 20s
topology: { web: { replicas: 2, work: 1ms } }
workload: [{ poisson: { to: web, rate: 50, deadline: 1s } }]
thresholds: { web.goodput: ['ratio>=0.9'] }
`

let cwd = ''
const started: ChildProcess[] = []
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'seakeep-exit-'))
  writeFiles(cwd, { 'broken.sim.mjs': THROWING, 'calm.sim.yaml': CALM })
})
afterAll(() => {
  for (const one of started) one.kill('SIGKILL')
  rmSync(cwd, { recursive: true })
})

/** Runs the command in a process of its own; `heard` may interrupt it by what it prints. */
function seakeep(line: string, heard: (out: string, child: ChildProcess) => void = () => {}): Promise<number | null> {
  const child = spawn(process.execPath, ['-C', '@seakeep/source', MAIN, ...wordsOf(line)], { cwd })
  started.push(child)
  let out = ''
  child.stdout.on('data', (data) => {
    out += data
    heard(out, child)
  })
  child.stderr.resume()
  return new Promise((resolve) => child.once('close', resolve))
}

test.each([
  'run broken.sim.mjs',
  'run broken.sim.mjs --seeds 3 --workers 2',
  "compare broken.sim.mjs --head-set 'topology.web.replicas=2' --seeds 1 --workers 1",
  'explain broken.sim.mjs',
  "sweep broken.sim.mjs --vary 'topology.web.replicas=1..2' --seeds 1 --workers 1",
])('%s ends with 3, as the code of its scenario threw', { timeout: 60_000 }, async (line) => {
  expect(await seakeep(line)).toBe(3)
})

test('Ctrl-C among many seeds keeps those that were measured', { timeout: 60_000 }, async () => {
  let isPressed = false
  const code = await seakeep('run calm.sim.yaml --seeds 5000 --json kept.json', (out, child) => {
    if (isPressed || !/seed 3\b/.test(out)) return
    isPressed = true
    child.kill('SIGINT')
  })
  expect(code).toBe(130)
  const { runs } = JSON.parse(readFileSync(join(cwd, 'kept.json'), 'utf8')) as { runs: { passed: boolean }[] }
  expect(runs.length).toBeGreaterThanOrEqual(3)
  expect(runs.length).toBeLessThan(5000)
})
