/** What can be seen of a project from its folder: its name, what it is built with, whom it calls, its policies. */
import { existsSync, readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { isName, objectOf } from '@seakeep/core/spi'
import { parse } from 'yaml'

export interface FoundProject {
  /** A service's name: that of the package without its scope, else of the folder. */
  readonly name: string
  /** What of its dependencies concerns calls between services. */
  readonly uses: readonly string[]
  /** Services it probably calls. */
  readonly services: readonly string[]
  /** Its policy document, if it has one. */
  readonly policies: string | undefined
  /** Its package.json names the simulator. */
  readonly isInstalled: boolean
}

const KNOWN = [
  '@grpc/grpc-js',
  'axios',
  'consul',
  'etcd3',
  'express',
  'fastify',
  'got',
  'hono',
  'ky',
  'node-fetch',
  'opossum',
  'cockatiel',
  'undici',
  'vitest',
]
const POLICIES = ['policies.yaml', 'policies.yml', 'policies.json', 'config/policies.yaml']
const COMPOSE = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml']
/** Of a compose file: what is called, but not by a governed client. */
const STORES =
  /(^|[-_])(db|postgres|mysql|mongo|redis|kafka|rabbitmq|nats|consul|etcd|jaeger|prometheus|grafana)([-_]|$)/

export function findProject(cwd: string): FoundProject {
  const manifest = dataOf(cwd, 'package.json')
  const dependencies = { ...objectOf(manifest?.dependencies), ...objectOf(manifest?.devDependencies) }
  const policies = POLICIES.find((file) => existsSync(join(cwd, file)))
  const name = nameOf(manifest?.name, cwd)
  const targets = policies === undefined ? [] : Object.keys(objectOf(dataOf(cwd, policies)?.targets) ?? {})
  const called = targets.map((key) => key.split('/')[0]?.split('>').at(-1) ?? '')
  const compose = COMPOSE.map((file) => dataOf(cwd, file)).find((one) => one !== undefined)
  const composed = Object.keys(objectOf(compose?.services) ?? {}).filter((service) => !STORES.test(service))
  const services = [...new Set([...called, ...composed])].filter(
    (one) => isName(one) && !one.includes('*') && one !== name,
  )
  return {
    name,
    uses: KNOWN.filter((one) => Object.hasOwn(dependencies, one)),
    services: services.slice(0, 8),
    policies,
    isInstalled: Object.hasOwn(dependencies, '@seakeep/sim'),
  }
}

function nameOf(given: unknown, cwd: string): string {
  const named = typeof given === 'string' ? given.replace(/^@[^/]*\//, '') : basename(resolve(cwd))
  const name = named
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '')
  return isName(name) && name !== 'client' ? name : 'app'
}

/** What cannot be read is as if it were not there: this only guesses. */
function dataOf(cwd: string, file: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return objectOf(parse(readFileSync(join(cwd, file), 'utf8')))
  } catch {
    return undefined
  }
}
