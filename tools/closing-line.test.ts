import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')

/** The last line of a run over these test files. */
function lastLine(files: Record<string, string>): string | undefined {
  const cache = join(root, 'node_modules', '.cache')
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'closing-line-'))
  try {
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(folder, name), `import { beforeAll, describe, expect, test } from 'vitest'\n${text}`)
    }
    const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
    const reporters = ['--reporter=default', `--reporter=${join(root, 'tools', 'closing-line.ts')}`]
    const { SEAKEEP_TEST_COUNTS: _, ...env } = process.env
    const { stdout } = spawnSync(process.execPath, [vitest, 'run', '--root', folder, ...reporters], {
      env,
      encoding: 'utf8',
    })
    return stdout.trimEnd().split('\n').at(-1)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('a good run', { timeout: 30_000 }, () => {
  expect(lastLine({ 'a.test.ts': "test('a', () => {})\ntest('b', () => {})" })).toBe('2 passed, 0 failed')
})

test('whatever has no test to be counted by counts as failed', { timeout: 30_000 }, () => {
  const files = {
    'passes.test.ts': "test('a', () => {})\ntest.skip('b', () => {})\ntest.todo('c')",
    'fails.test.ts': "test('a', () => expect(1).toBe(2))\ntest('b', () => {})",
    'does-not-load.test.ts': "throw new Error('at load')",
    'does-not-parse.test.ts': 'const = 1',
    'hook.test.ts': "describe('x', () => {\n  beforeAll(() => { throw new Error('hook') })\n  test('a', () => {})\n})",
    'unhandled.test.ts': "test('a', () => { void Promise.reject(new Error('unheard')) })",
  }
  // Passed: three. Failed: one test, two files, one hook, one rejection. Skipped: two, and the one behind the hook.
  expect(lastLine(files)).toBe('3 passed, 5 failed, 3 skipped')
})
