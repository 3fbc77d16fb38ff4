// `pnpm test [vitest arguments]`: builds, runs every test, ends with `N passed, N failed`. A broken build counts as one
// failure and hides no test; so does a test run that dies before it can say how it went.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Counts, closingLine } from './closing-line.ts'

const folder = mkdtempSync(join(tmpdir(), 'seakeep-test-'))
const countsFile = join(folder, 'counts.json')
const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1', SEAKEEP_TEST_COUNTS: countsFile }

function run(command: string, args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'inherit', env }).status === 0
}

function readCounts(): Counts {
  try {
    return JSON.parse(readFileSync(countsFile, 'utf8'))
  } catch {
    return { passed: 0, failed: 0, skipped: 0 }
  }
}

const built = run('turbo', ['run', 'build', '--output-logs=errors-only'])
const tested = run('vitest', ['run', ...process.argv.slice(2)])
const counts = readCounts()
rmSync(folder, { recursive: true })
if (!tested && counts.failed === 0) counts.failed++
if (!built) {
  console.log('The build failed; see above.')
  counts.failed++
}
console.log(closingLine(counts))
process.exitCode = counts.failed === 0 ? 0 : 1
