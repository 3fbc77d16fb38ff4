// Where the binary of a real server comes from: its environment variable, PATH, the workspace's cache, a download, in
// this order. A machine that can't have it gets a reason instead, so that a test says why it was skipped.
import { existsSync } from 'node:fs'
import { access, constants, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { type DebianPackage, downloadBinary } from './debian-package.ts'
import { withLock } from './lock.ts'

export type ServerName = 'consul' | 'etcd'
export type FoundServer = { readonly path: string } | { readonly missing: string }

/** Consul was in one release of Debian only; of etcd the newer is tried first. */
const PACKAGES: Record<ServerName, DebianPackage> = {
  consul: { name: 'consul', binary: 'usr/bin/consul', suites: ['bullseye'] },
  etcd: { name: 'etcd-server', binary: 'usr/bin/etcd', suites: ['trixie', 'bookworm'] },
}

const CACHE = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'real-servers')
/** A download that failed is not tried again by every test file: for this long its reason stands. */
const FAILURE_STANDS_MS = 5 * 60_000

const found = new Map<ServerName, Promise<FoundServer>>()

/**
 * Path of the binary; the first call on a machine downloads it, which takes about 5 s. Says what is `missing` where it
 * can't be had; with `REQUIRE_REAL=1` in the environment that is an error.
 */
export async function findServer(name: ServerName): Promise<FoundServer> {
  let search = found.get(name)
  if (!search) {
    search = look(name)
    found.set(name, search)
  }
  const server = await search
  if ('missing' in server && process.env.REQUIRE_REAL === '1') throw new Error(`REQUIRE_REAL: ${server.missing}`)
  return server
}

/** Like `findServer`, but a download that failed a moment ago is tried again. */
export async function fetchServer(name: ServerName): Promise<FoundServer> {
  await rm(failureFile(name), { force: true })
  return findServer(name)
}

async function look(name: ServerName): Promise<FoundServer> {
  const variable = `${name.toUpperCase()}_BIN`
  const named = process.env[variable]
  if (named) return (await isExecutable(named)) ? { path: named } : { missing: `${variable}=${named} is no program` }
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, name)
    if (folder !== '' && (await isExecutable(path))) return { path }
  }
  const path = join(CACHE, name)
  if (existsSync(path)) return { path }
  await mkdir(CACHE, { recursive: true })
  return withLock(join(CACHE, `${name}.lock`), () => download(name, path))
}

/** Holds the lock: of all who waited for it only the first downloads. */
async function download(name: ServerName, path: string): Promise<FoundServer> {
  if (existsSync(path)) return { path }
  const failure = await recentFailure(name)
  if (failure !== undefined) return { missing: failure }
  try {
    await downloadBinary(PACKAGES[name], path)
    return { path }
  } catch (error) {
    const missing = `no ${name}: ${(error as Error).message}`
    await writeFile(failureFile(name), missing)
    return { missing }
  }
}

function failureFile(name: ServerName): string {
  return join(CACHE, `${name}.missing`)
}

async function recentFailure(name: ServerName): Promise<string | undefined> {
  try {
    const { mtimeMs } = await stat(failureFile(name))
    if (Date.now() - mtimeMs < FAILURE_STANDS_MS) return await readFile(failureFile(name), 'utf8')
  } catch {
    // There was none.
  }
  return undefined
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}
