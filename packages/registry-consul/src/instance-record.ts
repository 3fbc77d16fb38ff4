/**
 * An instance as Consul keeps it. What Consul has no field for, or only a coarser one (weights are integers from 1, ids
 * are unique per agent and stand in paths), is kept in the metadata under names that begin with `seakeep-`, so that
 * every instance comes back as it was written. Tags and weights are written for those who do not know us: DNS, proxies.
 */
import { Buffer } from 'node:buffer'
import { ConfigError, type Instance } from '@seakeep/core'

export interface RecordOptions {
  readonly tags: readonly string[]
  readonly deregisterAfterMs: number
}

export const OWN = 'seakeep-'
export const META: Readonly<Record<'id' | 'protocol' | 'weight' | 'zone' | 'version', string>> = {
  id: 'seakeep-id',
  protocol: 'seakeep-protocol',
  weight: 'seakeep-weight',
  zone: 'seakeep-zone',
  version: 'seakeep-version',
}

/** Consul's limits for metadata of a service: `ValidateServiceMetadata` in its structs. */
const META_PAIRS = 64
const META_KEY = /^[A-Za-z0-9_-]{1,128}$/
const META_VALUE_BYTES = 512

/** The id in Consul: unique among all services of an agent, and without a `/`, as it becomes a step of a path. */
export function consulIdOf({ service, id }: Instance): string {
  return `${service}:${id.replaceAll(/[%/]/g, (char) => (char === '/' ? '%2F' : '%25'))}`
}

export function checkIdOf(instance: Instance): string {
  return `service:${consulIdOf(instance)}`
}

/**
 * The body of a registration.
 *
 * @throws ConfigError naming the field that Consul would not keep.
 */
export function registrationOf(instance: Instance, ttlMs: number, options: RecordOptions): object {
  const { service, address, weight, version } = instance
  const share = Math.min(65_535, Math.max(1, Math.round(weight)))
  return {
    ID: consulIdOf(instance),
    Name: service,
    Address: address.host,
    Port: address.port,
    Tags: [...options.tags, ...(version === undefined ? [] : [`version=${version}`])],
    Meta: metaOf(instance),
    Weights: { Passing: share, Warning: share },
    Check: {
      CheckID: checkIdOf(instance),
      Name: `lease of ${instance.id}`,
      TTL: `${Math.ceil(ttlMs)}ms`,
      Status: 'passing',
      DeregisterCriticalServiceAfter: `${options.deregisterAfterMs}ms`,
    },
  }
}

function metaOf(instance: Instance): Record<string, string> {
  const { id, protocol, weight, zone, version, meta = {} } = instance
  const own: Record<string, string> = {
    [META.id]: id,
    [META.protocol]: protocol,
    [META.weight]: String(weight),
    ...(zone === undefined ? {} : { [META.zone]: zone }),
    ...(version === undefined ? {} : { [META.version]: version }),
  }
  for (const [key, value] of Object.entries(own)) checkValue(key.slice(OWN.length), value)
  const keys = Object.keys(meta)
  for (const key of keys) {
    checkKey(key)
    checkValue(`meta.${key}`, meta[key]!)
  }
  const room = META_PAIRS - Object.keys(own).length
  if (keys.length > room) refuse('meta', `${keys.length} entries are too many; Consul keeps ${room} beside our own`)
  // By definition, not assignment: `__proto__` is a key as any other.
  return Object.fromEntries([...Object.entries(meta), ...Object.entries(own)])
}

function checkKey(key: string): void {
  if (!META_KEY.test(key)) refuse(`meta.${key}`, 'Consul allows keys of 1 to 128 letters, digits, - and _')
  for (const prefix of [OWN, 'consul-']) {
    if (key.startsWith(prefix)) refuse(`meta.${key}`, `keys that begin with ${prefix} are reserved`)
  }
}

function checkValue(path: string, value: string): void {
  const bytes = Buffer.byteLength(value)
  if (bytes > META_VALUE_BYTES) refuse(path, `${bytes} bytes are too many; Consul keeps ${META_VALUE_BYTES}`)
}

function refuse(path: string, problem: string): never {
  throw new ConfigError(`instance.${path}`, problem)
}
