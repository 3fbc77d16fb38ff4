// Where the binary of a real server comes from. A machine that can't have it gets a reason instead, so that a test says
// why it was skipped.
import { join } from 'node:path'
import { binaryOf } from './binary.ts'
import { type DebianPackage, downloadBinary } from './debian-package.ts'

export type ServerName = 'consul' | 'etcd'
export type FoundServer = { readonly path: string } | { readonly missing: string }

/** Only one release of Debian has Consul; of etcd the newer is tried first. */
const PACKAGES: Record<ServerName, DebianPackage> = {
  consul: { name: 'consul', binary: 'usr/bin/consul', suites: ['bullseye'] },
  etcd: { name: 'etcd-server', binary: 'usr/bin/etcd', suites: ['trixie', 'bookworm'] },
}

const CACHE = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'real-servers')

const found = new Map<ServerName, Promise<FoundServer>>()

/**
 * Path of the binary: that of `CONSUL_BIN` or `ETCD_BIN`, of PATH, of the workspace's cache, or else downloaded, which
 * takes 5 to 20 s once. Says what is `missing` where it can't be had; with `REQUIRE_REAL=1` that is an error.
 */
export async function findServer(name: ServerName): Promise<FoundServer> {
  const search = found.get(name) ?? binaryOf(name, CACHE, process.env, (path) => downloadBinary(PACKAGES[name], path))
  found.set(name, search)
  const server = await search
  if ('missing' in server && process.env.REQUIRE_REAL === '1') throw new Error(`REQUIRE_REAL=1: ${server.missing}`)
  return server
}
