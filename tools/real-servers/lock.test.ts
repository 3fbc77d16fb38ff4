import { spawnSync } from 'node:child_process'
import { mkdtemp, readlink, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { withLock } from './lock.ts'

let folder: string
let lock: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'seakeep-lock-'))
  lock = join(folder, 'lock')
})

afterEach(() => rm(folder, { recursive: true }))

test('one at a time, and the next after one that threw', async () => {
  const seen: string[] = []
  const entered = Promise.withResolvers<void>()
  const leave = Promise.withResolvers<void>()
  const first = withLock(lock, async () => {
    entered.resolve()
    await leave.promise
    seen.push('first')
    throw new Error('oh')
  })
  await entered.promise
  const second = withLock(lock, async () => seen.push('second'))
  expect(await readlink(lock)).toBe(String(process.pid))
  leave.resolve()
  await expect(first).rejects.toThrow('oh')
  await second
  expect(seen).toEqual(['first', 'second'])
  await expect(readlink(lock)).rejects.toThrow('ENOENT')
})

test('the lock of a process that died is taken over', async () => {
  const { pid } = spawnSync(process.execPath, ['--version'])
  await symlink(String(pid), lock)
  expect(await withLock(lock, async () => readlink(lock))).toBe(String(process.pid))
})
