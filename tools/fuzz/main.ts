// `pnpm fuzz [decoder]`: a minute (FUZZ_SECONDS) of spoilt input for each decoder, or for those whose name has that word.
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import process from 'node:process'

const [decoder] = process.argv.slice(2)
const files = globSync('packages/*/test/fuzz.{test,itest}.ts').sort()
const only = decoder === undefined ? [] : ['-t', `fuzz: .*${decoder}`]
const env = { ...process.env, FUZZ_SECONDS: process.env.FUZZ_SECONDS ?? '60' }
const { status } = spawnSync('vitest', ['run', ...only, ...files], { stdio: 'inherit', env })
process.exitCode = status ?? 1
