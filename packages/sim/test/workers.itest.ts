// Runs on worker threads, in the program as it is started: the same documents as on one thread, and the same ends.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeFiles } from './real-io.ts'

const MAIN = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))
const SHOP = fileURLToPath(new URL('./shop.sim.ts', import.meta.url))
let cwd = ''
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'seakeep-workers-'))
  writeFiles(cwd, {
    'throws.sim.mjs': `export default { topology: { web: { app: () => { throw new TypeError('no database') } } },
      workload: [{ poisson: { to: 'web', rate: 50 } }], duration: '2s' }`,
    'leaks.sim.mjs': `const born = process.env.TZ === undefined ? 1 : 5
      export default { duration: '3s', topology: { web: { app: async (_, { work }) => { await work(born); return {} } } },
      workload: [{ poisson: { to: 'web', rate: 50 } }] }`,
    'long.sim.yaml': `duration: 20m
topology: { web: { work: 1ms } }
workload: [{ poisson: { to: web, rate: 500 } }]
`,
  })
})
afterAll(() => rmSync(cwd, { recursive: true }))

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

function seakeep(words: readonly string[], onOut?: (text: string, stop: () => void) => void): Promise<Ended> {
  const { TZ: _, ...env } = process.env
  const child = spawn(process.execPath, ['-C', '@seakeep/source', MAIN, ...words], {
    cwd,
    env: { ...env, NO_COLOR: '1' },
  })
  let [out, err] = ['', '']
  child.stdout.on('data', (data) => {
    out += data
    onOut?.(out, () => child.kill('SIGINT'))
  })
  child.stderr.on('data', (data) => (err += data))
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })))
}

test('what is measured does not depend on how many threads there are', { timeout: 120_000 }, async () => {
  const documents = []
  for (const workers of ['1', '3']) {
    const json = join(cwd, `${workers}.json`)
    const { code } = await seakeep(['run', SHOP, '--seeds', '5', '--workers', workers, '--json', json])
    expect(code).toBe(0)
    const { runs } = JSON.parse(readFileSync(json, 'utf8'))
    documents.push(runs.map(({ wallMs: _, ...run }: { wallMs: number }) => run))
  }
  expect(documents[1]).toEqual(documents[0])
})

test('code that throws on a thread is told with its stack, and is exit 3', { timeout: 60_000 }, async () => {
  const { code, err } = await seakeep(['run', 'throws.sim.mjs', '--seeds', '2', '--workers', '2'])
  expect(code).toBe(3)
  expect(err).toMatch(/TypeError: no database\n {4}at .*throws\.sim\.mjs/)
  expect(err).toContain('seakeep replay throws.sim.mjs --seed 2')
})

test('Ctrl-C keeps what was measured', { timeout: 120_000 }, async () => {
  const words = ['run', SHOP, 'long.sim.yaml', '--seeds', '40', '--workers', '2', '--json', 'part.json']
  let isAsked = false
  const { code, out } = await seakeep(words, (text, stop) => {
    // Once only: a second one would not wait.
    if (!isAsked && text.includes('seed 9 ')) stop()
    isAsked ||= text.includes('seed 9 ')
  })
  expect(code).toBe(130)
  const { runs } = JSON.parse(readFileSync(join(cwd, 'part.json'), 'utf8'))
  expect(runs.length).toBeGreaterThan(1)
  expect(runs.length).toBeLessThan(40)
  expect(out).toMatch(/of \d+ seeds passed/)
})

test('doctor: the same run in a process that is unlike this one', { timeout: 120_000 }, async () => {
  const { code, out } = await seakeep(['doctor', SHOP])
  expect([code, out]).toEqual([0, expect.stringContaining('the same run twice, in unlike processes: shop, seed 7')])
})

test('doctor finds what leaks in from outside', { timeout: 120_000 }, async () => {
  const { code, out } = await seakeep(['doctor', 'leaks.sim.mjs'])
  expect([code, out]).toEqual([4, expect.stringContaining('services that differ: web')])
  expect(out).toContain('the first second that differs ends at 0:01.000')
})
