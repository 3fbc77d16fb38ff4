// The registry that is asked for on the command line: a real Consul or etcd that is started for this run, or a list in
// this process, which the greeters' processes write into by messages.
import { Tokens } from '@seakeep/core/spi'
import { consul } from '@seakeep/registry-consul'
import { etcd } from '@seakeep/registry-etcd'
import { ContainerModule } from 'inversify'
import { findServer, type RealServer, startConsul, startEtcd } from '../../tools/real-servers/index.ts'
import { SharedList } from './shared-list.ts'

export const REGISTRIES = ['memory', 'consul', 'etcd'] as const
export type RegistryName = (typeof REGISTRIES)[number]

export interface StartedRegistry extends AsyncDisposable {
  /** For the people who read along. */
  readonly title: string
  /** Undefined for the list in this process. */
  readonly address: string | undefined
  readonly module: ContainerModule
  readonly list: SharedList | undefined
}

/** Says what is `missing` where the machine cannot have that server. */
export async function startRegistry(name: RegistryName): Promise<StartedRegistry | { readonly missing: string }> {
  if (name === 'memory') {
    const list = new SharedList()
    return {
      title: 'a registry in memory',
      address: undefined,
      module: list.module,
      list,
      [Symbol.asyncDispose]: async () => {},
    }
  }
  const found = await findServer(name)
  if ('missing' in found) return found
  const server: RealServer = name === 'consul' ? await startConsul({ dev: true }) : await startEtcd()
  return {
    title: `a real ${name === 'consul' ? 'Consul' : 'etcd'} at ${server.address}`,
    address: server.address,
    module: registryAt(name, server.address),
    list: undefined,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

export function registryAt(name: RegistryName, address: string): ContainerModule {
  return name === 'consul' ? consul({ address }) : etcd({ endpoints: [address] })
}

/** In a greeter's process: what it would write into the list it tells to its parent. */
export function toldRegistry(): ContainerModule {
  return new ContainerModule(({ bind }) => {
    bind(Tokens.registry).toConstantValue(() => SharedList.fromChild())
  })
}
