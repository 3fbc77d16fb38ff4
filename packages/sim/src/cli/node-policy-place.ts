/**
 * The places a policy document is kept in. A file needs nothing; the packages of Consul and etcd are asked for only where
 * such a place is named, first the user's own, then what is installed beside this program.
 */
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  type AdapterPorts,
  didYouMean,
  filePolicyStore,
  NO_EVENTS,
  type PolicyStore,
  realClock,
  SeededRandom,
} from '@seakeep/core/spi'
import { UsageError } from './exit-code.ts'
import { isUrl, printedPlace } from './policy-place.ts'

type Env = Readonly<Record<string, string | undefined>>

interface Opener {
  readonly package: string
  readonly name: string
  /** What the opener is called with. */
  parameters(place: string, ports: AdapterPorts, env: Env): readonly unknown[]
}

const consul: Opener = {
  package: '@seakeep/registry-consul',
  name: 'openConsulStore',
  parameters(place, ports, env) {
    const token = env.CONSUL_HTTP_TOKEN
    return [urlOf(place), ports, token === undefined || token === '' ? {} : { token }]
  },
}
const etcd: Opener = {
  package: '@seakeep/registry-etcd',
  name: 'openEtcdStore',
  parameters: (place, ports, env) => [withLogin(place, env), ports],
}
const OPENERS: ReadonlyMap<string, Opener> = new Map([
  ['consul', consul],
  ['consuls', consul],
  ['etcd', etcd],
])

export async function openPlace(place: string, cwd: string, env: Env): Promise<PolicyStore> {
  if (!isUrl(place)) return filePolicyStore(resolve(cwd, place))
  const scheme = place.slice(0, place.indexOf(':')).toLowerCase()
  const opener = OPENERS.get(scheme)
  if (opener === undefined) {
    const known = [...OPENERS.keys()]
    throw new UsageError(
      `${printedPlace(place)} is no place; a file, consul://host:port/key or etcd://host:port/key${didYouMean(scheme, known)}`,
    )
  }
  const open = (await importPackage(opener.package, cwd))[opener.name]
  if (typeof open !== 'function') {
    throw new UsageError(`the installed ${opener.package} has no ${opener.name}; its version does not go with this one`)
  }
  return open(...opener.parameters(place, portsOf(), env)) as PolicyStore
}

/** Throws a UsageError where the package is not installed. */
export async function importPackage(name: string, cwd: string): Promise<Readonly<Record<string, unknown>>> {
  for (const specifier of [fromProject(name, cwd), name]) {
    try {
      if (specifier !== undefined) return (await import(specifier)) as Readonly<Record<string, unknown>>
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    }
  }
  throw new UsageError(`this place needs the package ${name}, which is not installed; npm install ${name}`)
}

/** The package as the user's project has it; undefined where it has none. */
function fromProject(name: string, cwd: string): string | undefined {
  try {
    return pathToFileURL(createRequire(join(cwd, 'package.json')).resolve(name)).href
  } catch {
    return undefined
  }
}

function portsOf(): AdapterPorts {
  const [seed = 0] = crypto.getRandomValues(new Uint32Array(1))
  return { clock: realClock(), random: new SeededRandom(seed), events: NO_EVENTS }
}

function urlOf(place: string): URL {
  try {
    return new URL(place)
  } catch {
    throw new UsageError(`${printedPlace(place)} is no place; consul://host:port/key`)
  }
}

/** As etcdctl has it: `ETCDCTL_USER` is a name, with the password behind a colon or in `ETCDCTL_PASSWORD`. */
function withLogin(place: string, { ETCDCTL_USER: user = '', ETCDCTL_PASSWORD: password }: Env): string {
  if (user === '' || /^[^/]*\/\/[^/]*@/.test(place)) return place
  const colon = user.indexOf(':')
  const [name, secret = ''] = colon === -1 ? [user, password] : [user.slice(0, colon), user.slice(colon + 1)]
  return place.replace('://', `://${encodeURIComponent(name)}:${encodeURIComponent(secret)}@`)
}
