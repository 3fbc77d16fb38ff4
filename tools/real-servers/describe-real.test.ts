import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..', '..')

/** What a run says of one passing test of etcd and one of nothing. */
function run(env: Record<string, string>): string {
  const cache = join(root, 'node_modules', '.cache')
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'describe-real-'))
  try {
    writeFileSync(
      join(folder, 'a.test.ts'),
      `import { test } from 'vitest'
      import { describeReal } from '${import.meta.dirname}/describe-real.ts'
      describeReal('etcd', 'etcd', () => { test('real', () => {}) })
      test('other', () => {})`,
    )
    const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
    const reporters = ['--reporter=default', `--reporter=${join(root, 'tools', 'closing-line.ts')}`]
    const { SEAKEEP_TEST_COUNTS: _, REQUIRE_REAL: __, ...own } = process.env
    const { stdout, stderr } = spawnSync(process.execPath, [vitest, 'run', '--root', folder, ...reporters], {
      env: { ...own, ...env },
      encoding: 'utf8',
    })
    return stderr + stdout
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('runs with a server, is skipped for a reason without', { timeout: 30_000 }, () => {
  expect(run({ ETCD_BIN: process.execPath })).toMatch(/2 passed, 0 failed\s*$/)
  const without = run({ ETCD_BIN: '/nowhere/etcd' })
  expect(without).toContain("Skipping 'etcd': ETCD_BIN=/nowhere/etcd is no program")
  expect(without).toMatch(/1 passed, 0 failed, 1 skipped\s*$/)
})

test('fails where real servers are required', { timeout: 30_000 }, () => {
  const required = run({ ETCD_BIN: '/nowhere/etcd', REQUIRE_REAL: '1' })
  expect(required).toContain('REQUIRE_REAL=1: ETCD_BIN=/nowhere/etcd is no program')
  expect(required).toMatch(/[01] passed, 1 failed\s*$/)
})
