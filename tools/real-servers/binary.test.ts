import { chmod, mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { binaryOf } from './binary.ts'

let folder: string
let cache: string
let downloads: number

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'seakeep-binary-'))
  cache = join(folder, 'cache')
  downloads = 0
})

afterEach(() => rm(folder, { recursive: true }))

async function program(path: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, '')
  await chmod(path, 0o755)
  return path
}

async function works(path: string): Promise<void> {
  downloads++
  await program(path)
}

async function fails(): Promise<void> {
  downloads++
  throw new Error('no network')
}

test('the variable goes before PATH, PATH before the cache, the cache before a download', async () => {
  const cached = join(cache, 'etcd')
  expect(await binaryOf('etcd', cache, { PATH: folder }, works)).toEqual({ path: cached })
  expect(await binaryOf('etcd', cache, {}, works)).toEqual({ path: cached })
  expect(downloads).toBe(1)
  const installed = await program(join(folder, 'bin', 'etcd'))
  const env = { PATH: `/nowhere:${dirname(installed)}` }
  expect(await binaryOf('etcd', cache, env, works)).toEqual({ path: installed })
  const named = await program(join(folder, 'my-etcd'))
  expect(await binaryOf('etcd', cache, { ...env, ETCD_BIN: named }, works)).toEqual({ path: named })
  expect(downloads).toBe(1)
})

test('a variable that names no program is not made up for', async () => {
  await program(join(cache, 'consul'))
  const missing = 'CONSUL_BIN=/nowhere/consul is no program'
  expect(await binaryOf('consul', cache, { CONSUL_BIN: '/nowhere/consul' }, works)).toEqual({ missing })
})

test('of many who ask at once one downloads', async () => {
  const all = await Promise.all([1, 2, 3].map(() => binaryOf('etcd', cache, {}, works)))
  expect(new Set(all.map((found) => 'path' in found && found.path))).toEqual(new Set([join(cache, 'etcd')]))
  expect(downloads).toBe(1)
})

test('a failure stands for the others, but not for ever', async () => {
  const missing = 'no etcd: no network'
  expect(await binaryOf('etcd', cache, {}, fails)).toEqual({ missing })
  expect(await binaryOf('etcd', cache, {}, works)).toEqual({ missing })
  expect(downloads).toBe(1)
  await utimes(join(cache, 'etcd.missing'), 0, 0)
  expect(await binaryOf('etcd', cache, {}, works)).toEqual({ path: join(cache, 'etcd') })
})
