// A lock between processes: a symbolic link whose target is its holder's process id. Making one is atomic and carries
// the id, so there is no moment in which a lock has no holder; that of a dead process is taken over.
import { readlink, rm, symlink } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 100

/** Runs `act` while no other process does with the same `path`; waits for it as long as its holder lives. */
export async function withLock<T>(path: string, act: () => Promise<T>): Promise<T> {
  while (!(await taken(path))) await sleep(POLL_MS)
  try {
    return await act()
  } finally {
    await rm(path, { force: true })
  }
}

async function taken(path: string): Promise<boolean> {
  try {
    await symlink(String(process.pid), path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const holder = Number(await readlink(path).catch(() => Number.NaN))
  if (holder > 0 && !isAlive(holder)) await rm(path, { force: true })
  return false
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
