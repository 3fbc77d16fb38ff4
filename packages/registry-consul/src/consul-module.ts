import { type AdapterPorts, type PolicyStore, Tokens } from '@seakeep/core/spi'
import { ContainerModule } from 'inversify'
import { openConnections } from './connections.ts'
import { ConsulLock, LOCK_SLOTS } from './consul-lock.ts'
import { type ConsulOptions, type ResolvedConsulOptions, resolveConsulOptions } from './consul-options.ts'
import { ConsulPolicyStore } from './consul-policy-store.ts'
import { ConsulRegistry } from './consul-registry.ts'

/** Of `maxConnections`: registrations and heartbeats, the policies' watch and store, the locks' watches and renewals. */
const WRITING = 2
const OTHERS = WRITING + (1 + 1) + (LOCK_SLOTS + 1)

/**
 * Consul for a runtime: its services as a registry, its KV for the policy document where `policies` names its key, and
 * its sessions for locks.
 *
 * @throws ConfigError naming the option, its value and what is allowed.
 */
export function consul(options: ConsulOptions = {}): ContainerModule {
  const resolved = resolveConsulOptions(options)
  const { policies } = resolved
  return new ContainerModule(async ({ bind, rebind }) => {
    bind(Tokens.registry).toConstantValue((ports) => openRegistry(ports, resolved))
    ;(await rebind(Tokens.lock)).toConstantValue((ports) => openLock(ports, resolved))
    if (policies === undefined) return
    ;(await rebind(Tokens.policySource)).toConstantValue((ports) => openStore(policies, ports, resolved))
  })
}

/**
 * The policy document at `consul://host:port/key/path` (`consuls:` for HTTPS), to be read, written and rolled back.
 *
 * @throws ConfigError where the place has no key.
 */
export function openConsulStore(
  url: URL,
  ports: AdapterPorts,
  options: Pick<ConsulOptions, 'token' | 'datacenter' | 'timeout'> = {},
): PolicyStore {
  const scheme = url.protocol === 'consuls:' ? 'https' : 'http'
  const address = `${scheme}://${url.host === '' ? '127.0.0.1:8500' : url.port === '' ? `${url.hostname}:8500` : url.host}`
  const policies = decodeURIComponent(url.pathname).replaceAll(/^\/+|\/+$/g, '')
  const resolved = resolveConsulOptions({ ...options, address, policies })
  return openStore(policies, ports, resolved)
}

export function openRegistry(ports: AdapterPorts, options: ResolvedConsulOptions): ConsulRegistry {
  const watchingCount = options.maxConnections - OTHERS
  return new ConsulRegistry(ports, options, { ...pair(options, watchingCount, WRITING), watchingCount })
}

export function openStore(key: string, ports: AdapterPorts, options: ResolvedConsulOptions): ConsulPolicyStore {
  return new ConsulPolicyStore(key, ports, options, pair(options, 1, 1))
}

export function openLock(ports: AdapterPorts, options: ResolvedConsulOptions): ConsulLock {
  return new ConsulLock(ports, options, pair(options, LOCK_SLOTS, 1))
}

function pair({ address, timeoutMs }: ResolvedConsulOptions, watching: number, writing: number) {
  return {
    watching: openConnections(address, watching, timeoutMs, true),
    writing: openConnections(address, writing, timeoutMs, false),
  }
}
