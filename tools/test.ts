// `pnpm test [vitest arguments]`: builds, runs every test, ends with `N passed, N failed`. A broken build counts as one
// failure and hides no test; so does a test run that dies before it can say how it went. Real servers are fetched before
// the tests begin, so that no test's time pays for a download; where one can't be had, its tests are skipped, or with
// REQUIRE_REAL=1 fail.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Counts, closingLine } from './closing-line.ts'
import { findServer } from './real-servers/find-server.ts'

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

async function fetchServers(): Promise<void> {
  for (const server of await Promise.allSettled([findServer('consul'), findServer('etcd')])) {
    if (server.status === 'rejected') console.log((server.reason as Error).message)
    else if ('missing' in server.value) console.log(`Skipping tests: ${server.value.missing}`)
  }
}

const built = run('turbo', ['run', 'build', '--output-logs=errors-only'])
await fetchServers()
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
