// One seed, two processes that have nothing in common but the code: the same trace, to the last fact (oracle S1).
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { RunDocument } from '../src/index.ts'

const CLI = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))
const run = promisify(execFile)

interface Surroundings {
  readonly env: Readonly<Record<string, string>>
  readonly nodeOptions: readonly string[]
  readonly cwd: string
}

async function simulateIn(file: string, seed: number, { env, nodeOptions, cwd }: Surroundings): Promise<RunDocument> {
  const folder = await mkdtemp(join(tmpdir(), 'seakeep-'))
  try {
    const json = join(folder, 'run.json')
    const args = [...nodeOptions, '-C', '@seakeep/source', CLI, 'run', file, '--seed', String(seed), '--json', json]
    await run(process.execPath, args, { cwd, env: { PATH: process.env.PATH ?? '', ...env } })
    return JSON.parse(await readFile(json, 'utf8')) as RunDocument
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Keeps two processors busy until disposed of. */
function load(): Disposable {
  const burners: ChildProcess[] = Array.from({ length: 2 }, () => spawn(process.execPath, ['-e', 'for (;;) {}']))
  return { [Symbol.dispose]: () => burners.forEach((burner) => void burner.kill('SIGKILL')) }
}

const HERE: Surroundings = {
  env: { TZ: 'UTC', LANG: 'C' },
  nodeOptions: ['--hash-seed=1', '--random-seed=1'],
  cwd: process.cwd(),
}
const THERE: Surroundings = {
  env: { TZ: 'Pacific/Chatham', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8', FORCE_COLOR: '1' },
  nodeOptions: ['--hash-seed=77', '--random-seed=77', '--max-lazy'],
  cwd: tmpdir(),
}

describe.each(['shop', 'handlers'])('the %s', (name) => {
  const file = fileURLToPath(new URL(`./${name}.sim.ts`, import.meta.url))

  it('runs alike in two processes with another time zone, language, load and hash seed', async () => {
    const one = await simulateIn(file, 7, HERE)
    using _ = load()
    const other = await simulateIn(file, 7, THERE)
    expect(other.traceHash).toBe(one.traceHash)
    expect(other.traceHashes).toEqual(one.traceHashes)
    expect({ ...other, wallMs: 0 }).toEqual({ ...one, wallMs: 0 })
    expect((await simulateIn(file, 8, HERE)).traceHash).not.toBe(one.traceHash)
  })
})
