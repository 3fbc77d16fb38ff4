import { ContainerModule } from 'inversify'
import { type DnsRegistryOptions, resolveDnsOptions } from '../discovery/dns-options.ts'
import { NodeDnsRegistry } from '../discovery/node-dns-registry.ts'
import { Tokens } from './tokens.ts'

/**
 * A registry that asks the name system. Nothing is announced in it.
 *
 * @throws ConfigError naming the option, its value and what is allowed.
 */
export function dnsRegistry(options: DnsRegistryOptions): ContainerModule {
  const resolved = resolveDnsOptions(options)
  return new ContainerModule((bindings) => {
    bindings.bind(Tokens.registry).toConstantValue((ports) => new NodeDnsRegistry(resolved, ports))
  })
}
