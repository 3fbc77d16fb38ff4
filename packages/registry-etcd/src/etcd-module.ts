import { Tokens } from '@seakeep/core/spi'
import { ContainerModule } from 'inversify'
import { EtcdLock } from './etcd-lock.ts'
import { type EtcdOptions, resolveEtcdOptions } from './etcd-options.ts'
import { EtcdPolicyStore } from './etcd-policy-store.ts'
import { EtcdRegistry } from './etcd-registry.ts'
import { sharedEtcd } from './shared-etcd.ts'

/**
 * etcd for a runtime: the registry, the source of its policies where `policies` names their key, and locks, over one
 * client.
 *
 * @throws ConfigError naming the option, its value and what is allowed.
 */
export function etcd(options: EtcdOptions): ContainerModule {
  const resolved = resolveEtcdOptions(options)
  const share = sharedEtcd(resolved)
  return new ContainerModule(async ({ bind, rebind }) => {
    bind(Tokens.registry).toConstantValue((ports) => new EtcdRegistry(share(ports)))
    ;(await rebind(Tokens.lock)).toConstantValue((ports) => new EtcdLock(share(ports)))
    const { policies } = resolved
    if (policies === undefined) return
    ;(await rebind(Tokens.policySource)).toConstantValue((ports) => new EtcdPolicyStore(policies, share(ports)))
  })
}
