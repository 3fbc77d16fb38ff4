import { Buffer } from 'node:buffer'

/**
 * Where things stand in etcd:
 *
 * - `<prefix>services/<service>/<instance id>`: an instance
 * - `<prefix>locks/<name>/<lease id>`: one who holds a lock or waits for it
 *
 * Names may hold anything: a `/` in one would make it two, so it and `%` are written as in URLs.
 */
export class EtcdKeys {
  readonly #prefix: string

  constructor(prefix: string) {
    this.#prefix = prefix
  }

  /** What the keys of all instances of a service begin with. */
  service(service: string): string {
    return `${this.#prefix}services/${encoded(service)}/`
  }

  instance({ service, id }: { readonly service: string; readonly id: string }): string {
    return this.service(service) + encoded(id)
  }

  /** What the keys of all who want a lock begin with. */
  lock(name: string): string {
    return `${this.#prefix}locks/${encoded(name)}/`
  }
}

/** The key as etcd has it. */
export function keyBytes(key: string): Uint8Array {
  return Buffer.from(key)
}

/** The end of the range of all keys that begin with `prefix`, which ends in `/`. */
export function endOfPrefix(prefix: string): Uint8Array {
  const end = Buffer.from(prefix)
  end[end.length - 1]!++
  return end
}

function encoded(name: string): string {
  return name.replace(/[%/]/g, (character) => (character === '/' ? '%2F' : '%25'))
}
