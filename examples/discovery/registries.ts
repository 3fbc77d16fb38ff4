// The registry by one option: a real Consul, a real etcd, or one in the client's memory.
import { consul } from '@seakeep/registry-consul'
import { etcd } from '@seakeep/registry-etcd'
import type { ContainerModule } from 'inversify'
import { findServer, type RealServer, startConsul, startEtcd } from '../../tools/real-servers/index.ts'
import { parentRegistry } from './registry-of-parent.ts'

export type RegistryKind = 'memory' | 'consul' | 'etcd'

/** What a process has to know to reach it. */
export interface RegistryAddress {
  readonly kind: RegistryKind
  /** Of the server; none for `memory`. */
  readonly address?: string
}

export function isRegistryKind(name: string): name is RegistryKind {
  return ['memory', 'consul', 'etcd'].includes(name)
}

/** Undefined for `memory`, which is no process. Throws where the server cannot be had. */
export async function startRegistry(kind: RegistryKind): Promise<RealServer | undefined> {
  if (kind === 'memory') return undefined
  const found = await findServer(kind)
  if ('missing' in found) throw new Error(found.missing)
  return kind === 'consul' ? startConsul() : startEtcd()
}

/** What a server's runtime, or the client's, is given. */
export function moduleFor({ kind, address = '' }: RegistryAddress): ContainerModule {
  if (kind === 'consul') return consul({ address })
  if (kind === 'etcd') return etcd({ endpoints: [address] })
  return parentRegistry()
}
