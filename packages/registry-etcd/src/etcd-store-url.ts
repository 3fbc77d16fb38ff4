import { ConfigError } from '@seakeep/core'
import type { AdapterPorts, PolicyStore } from '@seakeep/core/spi'
import { type EtcdOptions, resolveEtcdOptions } from './etcd-options.ts'
import { EtcdPolicyStore } from './etcd-policy-store.ts'
import { sharedEtcd } from './shared-etcd.ts'

const EXPECTED = 'etcd://[user:password@]host:port[,host:port]/key/path'

/**
 * The store that `etcd://[user:password@]host:port[,host:port]/key/path` names. As a URL object several hosts share the
 * port, `etcd://a,b,c:2379/key`: the standard knows one port a URL; given as text each may have its own.
 *
 * @throws ConfigError for a URL that is none of these; the password is not in its message.
 */
export function openEtcdStore(url: URL | string, ports: AdapterPorts): PolicyStore {
  const { key, ...options } = readStoreUrl(url)
  const resolved = resolveEtcdOptions(options)
  return new EtcdPolicyStore(key, sharedEtcd(resolved)(ports))
}

/** What the URL says, to be checked as options are. */
export function readStoreUrl(url: URL | string): EtcdOptions & { readonly key: string } {
  const [, login, hosts = '', path = ''] = /^etcd:\/\/(?:([^@/]*)@)?([^@/?#]+)\/([^?#]+)$/.exec(String(url)) ?? []
  if (hosts === '' || path === '') throw new ConfigError('', `the place of the policies is no ${EXPECTED}`)
  const [, user, password] = /^([^:]+):(.+)$/.exec(login ?? '') ?? []
  if (login !== undefined && (user === undefined || password === undefined)) {
    throw new ConfigError('', `the place of the policies names no user and password; ${EXPECTED}`)
  }
  const all = hosts.split(',').map(decoded)
  const lastPort = /:\d+$/.exec(all.at(-1) ?? '')?.[0] ?? ''
  const endpoints = url instanceof URL ? all.map((host) => (/:\d+$/.test(host) ? host : host + lastPort)) : all
  return {
    endpoints,
    key: decoded(path),
    ...(user === undefined || password === undefined
      ? {}
      : { auth: { user: decoded(user), password: decoded(password) } }),
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch (cause) {
    throw new ConfigError('', `the place of the policies has a % that is no escape; ${EXPECTED}`, { cause })
  }
}
