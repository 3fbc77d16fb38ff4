import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'

const WAIT = { timeout: 5_000 }

/** A process that starts `sleep` in a folder, tells its id and waits. */
const STARTER = `
  const { RealProcess } = await import(process.argv[1])
  const sleeper = new RealProcess('sleep', ['60'], process.argv[2])
  await sleeper.start(async () => true)
  console.log(sleeper.pid)
  setInterval(() => {}, 1000)
`

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test.concurrent.for(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)(
  'a server does not outlive its starter, ended by %s',
  async (end) => {
    const folder = mkdtempSync(join(tmpdir(), 'seakeep-process-'))
    const module = join(import.meta.dirname, 'real-process.ts')
    const starter = spawn(process.execPath, ['--input-type=module', '-e', STARTER, module, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [pid] = await once(starter.stdout, 'data')
    expect(isAlive(Number(pid))).toBe(true)
    starter.kill(end)
    await vi.waitFor(() => expect(isAlive(Number(pid))).toBe(false), WAIT)
    await vi.waitFor(() => expect(existsSync(folder)).toBe(false), WAIT)
  },
)
