// The gate as CI runs it: a repository, a branch that changes its policies, and what the script says of it.
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

const HERE = fileURLToPath(new URL('.', import.meta.url))
const MAIN = fileURLToPath(new URL('../../packages/sim/src/cli/main.ts', import.meta.url))
const SEAKEEP = `${process.execPath} -C @seakeep/source ${MAIN}`
let cwd = ''

function git(...words: string[]): void {
  const names = ['-c', 'user.name=ci', '-c', 'user.email=ci@example.com', '-c', 'init.defaultBranch=main']
  execFileSync('git', [...names, ...words], { cwd, stdio: 'pipe' })
}
function gate(): { code: number | null; out: string } {
  const env = { ...process.env, SEAKEEP, BASE: 'main', SEEDS: '6', NO_COLOR: '1' }
  const { status, stdout, stderr } = spawnSync('./gate.sh', { cwd, env, encoding: 'utf8' })
  return { code: status, out: `${stdout}${stderr}` }
}

beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'seakeep-ci-'))
  cpSync(HERE, cwd, { recursive: true })
  git('init', '-q')
  git('add', '.')
  git('commit', '-qm', 'policies')
})
afterAll(() => rmSync(cwd, { recursive: true }))

test('a change that changes nothing passes', { timeout: 120_000 }, () => {
  const { code, out } = gate()
  expect([code, out]).toEqual([
    0,
    expect.stringContaining('✓ checkout  identical: every run is the same on both sides'),
  ])
})

test('a change that makes it worse does not, and the figures say why', { timeout: 120_000 }, () => {
  const policies = readFileSync(join(cwd, 'policies.yaml'), 'utf8')
  writeFileSync(
    join(cwd, 'policies.yaml'),
    policies.replace(/retry: .*/, 'retry: { maxAttempts: 5, attemptTimeout: 100ms, budget: false }'),
  )
  const { code, out } = gate()
  expect(code).toBe(1)
  expect(out).toMatch(/✗ +checkout>payments\.amplification .* worse by more than 2%/)
  writeFileSync(join(cwd, 'policies.yaml'), policies)
})

test('where the base branch has no policies there is nothing to compare with', { timeout: 120_000 }, () => {
  git('rm', '-q', '--cached', 'policies.yaml')
  git('commit', '-qm', 'no policies yet')
  const { code, out } = gate()
  expect([code, out]).toEqual([0, expect.stringContaining('there are no policies on main yet')])
})

test('the workflow runs what is here', () => {
  const workflow = readFileSync(join(HERE, 'seakeep.yml'), 'utf8')
  expect(workflow).toMatch(/- run: \.\/gate\.sh\n +env:\n +BASE: origin\/\$\{\{ github\.base_ref \}\}\n/)
})
