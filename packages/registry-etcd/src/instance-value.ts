import { Buffer } from 'node:buffer'
import type { Instance } from '@seakeep/core'
import { asError, objectOf, printed } from '@seakeep/core/spi'

/** An instance as it stands in etcd. */
export interface ListedInstance {
  readonly instance: Instance
  /** It has said goodbye: the key is deleted next. */
  readonly isLeaving: boolean
}

/** A value that is none of ours, or a broken one. */
export class MalformedValueError extends Error {
  /** The key whose value it is. */
  readonly key: string
  /** What of it cannot be used: `address.port`; empty for the whole. */
  readonly path: string

  constructor(key: string, path: string, problem: string, options?: ErrorOptions) {
    super(`etcd ${key}${path === '' ? '' : `: ${path}`}: ${problem}`, options)
    this.name = 'MalformedValueError'
    this.key = key
    this.path = path
  }
}

/** Longest value that is read or written. etcd's own limit is 1.5 MiB, and a list of a thousand of those is 1.5 GiB. */
const MAX_BYTES = 256 * 1024

/** What is written for an instance: its fields as JSON. @throws MalformedValueError for one that nobody could read. */
export function instanceValue(instance: Instance, key: string, isLeaving = false): Uint8Array {
  const { id, service, address, protocol, weight, zone, version, meta } = instance
  const { host, port } = address
  const leaving = isLeaving || undefined
  const bytes = Buffer.from(
    JSON.stringify({ id, service, address: { host, port }, protocol, weight, zone, version, meta, leaving }),
  )
  readInstance(bytes, key)
  return bytes
}

/** What a value says. @throws MalformedValueError naming the key and the path. */
export function readInstance(bytes: Uint8Array, key: string): ListedInstance {
  const refuse = (path: string, problem: string, options?: ErrorOptions): MalformedValueError =>
    new MalformedValueError(key, path, problem, options)
  if (bytes.length > MAX_BYTES) throw refuse('', `${bytes.length} bytes; at most ${MAX_BYTES} are read`)
  let parsed: unknown
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw refuse('', `no JSON: ${asError(cause).message}`, { cause })
  }
  const fields = objectOf(parsed)
  if (fields === undefined) throw refuse('', `${printed(parsed)} is no instance`)

  const textAt = (value: unknown, path: string): string => {
    if (typeof value === 'string' && value !== '') return value
    throw refuse(path, `${printed(value)} is not allowed; a text`)
  }
  const numberAt = (value: unknown, path: string, isOne: (number: number) => boolean, expected: string): number => {
    if (typeof value === 'number' && isOne(value)) return value
    throw refuse(path, `${printed(value)} is not allowed; ${expected}`)
  }
  const address = objectOf(fields.address)
  if (address === undefined) throw refuse('address', `${printed(fields.address)} is not allowed; an object`)
  const meta = fields.meta === undefined ? undefined : objectOf(fields.meta)
  if (fields.meta !== undefined && meta === undefined) {
    throw refuse('meta', `${printed(fields.meta)} is not allowed; an object`)
  }
  for (const [name, value] of Object.entries(meta ?? {})) {
    if (typeof value !== 'string') throw refuse(`meta.${name}`, `${printed(value)} is not allowed; a text`)
  }
  const { zone, version, leaving } = fields
  if (leaving !== undefined && typeof leaving !== 'boolean') {
    throw refuse('leaving', `${printed(leaving)} is not allowed; true or false`)
  }
  const instance: Instance = {
    id: textAt(fields.id, 'id'),
    service: textAt(fields.service, 'service'),
    address: Object.freeze({
      host: textAt(address.host, 'address.host'),
      port: numberAt(address.port, 'address.port', isPort, 'an integer from 1 to 65535'),
    }),
    protocol: textAt(fields.protocol, 'protocol'),
    weight: numberAt(fields.weight, 'weight', isWeight, 'a number, at least 0'),
    ...(zone === undefined ? {} : { zone: textAt(zone, 'zone') }),
    ...(version === undefined ? {} : { version: textAt(version, 'version') }),
    ...(meta === undefined ? {} : { meta: Object.freeze(meta) as Readonly<Record<string, string>> }),
  }
  return { instance: Object.freeze(instance), isLeaving: leaving === true }
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65535
}

function isWeight(weight: number): boolean {
  return Number.isFinite(weight) && weight >= 0
}
